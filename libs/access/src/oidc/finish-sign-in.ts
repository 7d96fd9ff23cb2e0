import type { IssuedToken } from '@assay/contracts';
import { hashSecret, randomBase62 } from '@assay/access-reads';
import { CredentialReader } from '@assay/platform/auth';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { IssueSession } from '../sessions/issue-session.js';
import { AdmitPerson } from './admit-person.js';
import { OidcClient, type OidcClaims } from './oidc-client.js';
import { type OidcAttempt, OidcStore } from './oidc.store.js';

/** Clocks of the provider and of this machine may differ by so much. */
const clockToleranceSeconds = 30;

/** A session for whoever asked in a browser, or the way back to the command line. */
export type FinishedSignIn = { readonly session: IssuedToken } | { readonly location: string };

/** Takes a person back from the provider. What they get goes to where they started, and never stands in an address. */
@Injectable()
export class FinishSignIn {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly client: OidcClient,
    private readonly store: OidcStore,
    private readonly admit: AdmitPerson,
    private readonly sessions: IssueSession,
    private readonly credentials: CredentialReader,
  ) {}

  /** @param query of the callback, as it came. @param browserSecret what the browser kept since the start. */
  async execute(query: URLSearchParams, state: string, browserSecret: string): Promise<FinishedSignIn> {
    this.client.settings();
    const attempt = await this.database.transaction((tx) =>
      this.store.takeAttempt(tx, hashSecret(state), hashSecret(browserSecret)),
    );
    if (attempt === null)
      throw new AppError(
        'PERMISSION_DENIED',
        'This sign-in was not started in this browser, has been used, or is over: start it again.',
      );
    try {
      const claims = await this.client.claims(query, { ...attempt, state });
      if (attempt.purpose === 'proof') requireFresh(claims, attempt);
      return await this.enter(claims, attempt);
    } catch (error) {
      if (attempt.loopbackUri === null || !(error instanceof AppError)) throw error;
      return {
        location: back(attempt.loopbackUri, attempt, { error: 'access_denied', error_description: error.detail }),
      };
    } finally {
      this.credentials.forget();
    }
  }

  private async enter(claims: OidcClaims, attempt: OidcAttempt): Promise<FinishedSignIn> {
    const settings = this.client.settings();
    return this.database.transaction(async (tx) => {
      const person = await this.admit.inTransaction(tx, settings, claims);
      const { loopbackUri, loopbackChallenge } = attempt;
      if (loopbackUri === null || loopbackChallenge === null)
        return { session: await this.sessions.inTransaction(tx, person, settings.workspace, 'provider') };
      const code = randomBase62(43);
      const { purpose } = attempt;
      await this.store.insertCode(tx, hashSecret(code), { purpose, personId: person.id, challenge: loopbackChallenge });
      return { location: back(loopbackUri, attempt, { code }) };
    });
  }
}

/** A proof takes an authentication that came after it was asked for; the provider says when that was. */
function requireFresh(claims: OidcClaims, { startedAt }: OidcAttempt): void {
  const at = claims['auth_time'];
  if (typeof at === 'number' && at >= startedAt.getTime() / 1000 - clockToleranceSeconds) return;
  throw new AppError(
    'PERMISSION_DENIED',
    'The provider did not have you sign in anew, so this proves nothing: sign out there, then start again.',
  );
}

/** The address was checked when the sign-in started: this machine's own, and nothing else. */
function back(uri: string, { loopbackState }: OidcAttempt, answer: Readonly<Record<string, string>>): string {
  const url = new URL(uri);
  url.search = new URLSearchParams({
    ...answer,
    ...(loopbackState === null ? {} : { state: loopbackState }),
  }).toString();
  return url.href;
}
