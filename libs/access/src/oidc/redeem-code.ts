import { createHash } from 'node:crypto';
import {
  type IssuedToken,
  type OidcExchangeRequest,
  type SigningProof,
  defaultWorkspace,
  systemActor,
} from '@assay/contracts';
import { AttemptLimiter, hashSecret, newSigningProof } from '@assay/access-reads';
import { AuditClient } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type PersonRecord, PersonStore } from '../people/person.store.js';
import { callerNetwork } from '../sessions/caller-network.js';
import { IssueSession } from '../sessions/issue-session.js';
import { type OidcPurpose, OidcStore } from './oidc.store.js';

/** Gives a command line what it signed in for: it shows the code that came over the loopback address and the verifier that never left it. */
@Injectable()
export class RedeemCode {
  private readonly attempts = new AttemptLimiter(60);

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly store: OidcStore,
    private readonly people: PersonStore,
    private readonly sessions: IssueSession,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async session(input: OidcExchangeRequest): Promise<IssuedToken> {
    return this.redeem(input, 'session', (tx, person) =>
      this.sessions.inTransaction(tx, person, person.homeWorkspace, 'provider'),
    );
  }

  /** One signature of a decision, within minutes. */
  async proof(input: OidcExchangeRequest): Promise<SigningProof> {
    return this.redeem(input, 'proof', async (tx, person) => {
      const { text, sha256 } = newSigningProof();
      const expiresAt = await this.store.insertProof(tx, sha256, person.id);
      await this.audit.record(tx, systemActor, {
        action: 'access.signing-proof.issued.v1',
        target: { type: 'person', id: person.id },
        covers: [],
        after: { expiresAt: expiresAt.toISOString() },
        subject: person.id,
      });
      return { proof: text, expiresAt: expiresAt.toISOString() };
    });
  }

  private async redeem<T>(
    { code, codeVerifier }: OidcExchangeRequest,
    purpose: OidcPurpose,
    give: (tx: Tx, person: PersonRecord) => Promise<T>,
  ): Promise<T> {
    this.attempts.take(callerNetwork(), this.clock.now());
    const given = await this.database.transaction(async (tx) => {
      const known = await this.store.takeCode(tx, hashSecret(code), purpose);
      if (known === null || known.challenge !== challengeOf(codeVerifier)) return null; // gone either way: a guess costs the code
      const person = await this.people.findAnywhere(tx, defaultWorkspace, known.personId);
      return person === null || person.disabledAt !== null ? null : { answer: await give(tx, person) };
    });
    if (given !== null) return given.answer;
    throw new AppError(
      'PERMISSION_DENIED',
      'The code is wrong, used or over, or another program asked for it: sign in again.',
    );
  }
}

/** S256 of RFC 7636. */
function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}
