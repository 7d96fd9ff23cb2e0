import type { OidcStartRequest } from '@assay/contracts';
import { AttemptLimiter, hashSecret, randomBase62 } from '@assay/access-reads';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { callerNetwork } from '../sessions/caller-network.js';
import { OidcClient } from './oidc-client.js';
import { attemptSeconds, OidcStore } from './oidc.store.js';

export interface StartedSignIn {
  /** The provider's page. */
  readonly location: string;
  /** What the browser keeps, so that only it can finish what it started. */
  readonly browserSecret: string;
  /** How long it has to. */
  readonly seconds: number;
}

/** Sends a person to the provider, and remembers what has to come back. */
@Injectable()
export class StartSignIn {
  private readonly attempts = new AttemptLimiter(60);

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly client: OidcClient,
    private readonly store: OidcStore,
    private readonly clock: Clock,
  ) {}

  async execute(input: OidcStartRequest): Promise<StartedSignIn> {
    this.client.settings();
    this.attempts.take(callerNetwork(), this.clock.now());
    const checks = { state: randomBase62(43), nonce: randomBase62(43), codeVerifier: randomBase62(64) };
    const browserSecret = randomBase62(43);
    const location = await this.client.authorizationUrl(checks, input.purpose === 'proof');
    await this.database.transaction((tx) =>
      this.store.insertAttempt(tx, {
        stateSha256: hashSecret(checks.state),
        browserSha256: hashSecret(browserSecret),
        nonce: checks.nonce,
        codeVerifier: checks.codeVerifier,
        purpose: input.purpose,
        loopbackUri: input.redirectUri ?? null,
        loopbackChallenge: input.codeChallenge ?? null,
        loopbackState: input.state ?? null,
      }),
    );
    return { location: location.href, browserSecret, seconds: attemptSeconds };
  }
}
