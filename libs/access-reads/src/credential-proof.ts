import type { Actor, SigningCredential } from '@assay/contracts';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { AttemptLimiter } from './attempt-limiter.js';
import { passwordMatches } from './password-hash.js';
import { hashSecret, parseToken, secretMatches } from './token-format.js';

const noHash = '0'.repeat(64);

/** What whoever signs is told of a credential that proves nothing. */
export const wrongCredential =
  'The credential is wrong, revoked, a session’s or somebody else’s: sign with your own password, API token or a fresh sign-in.';

/** How a person proved who they are: `oidc` is a fresh sign-in at the provider. */
export type Proven = 'password' | 'token' | 'oidc';

/** Asks a person for a credential again, at the moment of signing. */
@Injectable()
export class CredentialProof {
  private readonly attempts = new AttemptLimiter(5);

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * How the caller proved who they are, or null when the credential is wrong, revoked or somebody else's, and for whoever is no person.
   * Every signature asks here: approvals and refusals, changes of policies, emergencies and their reviews.
   * @throws {AppError} after five wrong ones in a minute.
   */
  async verify({ id, kind }: Pick<Actor, 'id' | 'kind'>, credential: SigningCredential): Promise<Proven | null> {
    if (kind !== 'person') return null;
    return this.database.read(async (tx) => {
      this.attempts.take(id, this.clock.now());
      const proof = await this.proven(tx, id, credential);
      if (proof !== null) this.attempts.clear(id);
      return proof;
    });
  }

  /**
   * Whether a password is the one that holds, also where somebody else set it: enough to choose another, never to sign.
   * @throws {AppError} after five wrong ones in a minute.
   */
  async knowsPassword(tx: Tx, personId: string, password: string): Promise<boolean> {
    this.attempts.take(personId, this.clock.now());
    const rows: { password_hash: string | null }[] = await tx.query(
      'select password_hash from access.person where id = $1 and disabled_at is null',
      [personId],
    );
    const knows = await passwordMatches(password, rows[0]?.password_hash ?? null);
    if (knows) this.attempts.clear(personId);
    return knows;
  }

  private async proven(tx: Tx, personId: string, credential: SigningCredential): Promise<Proven | null> {
    if ('password' in credential) return this.byPassword(tx, personId, credential.password);
    if ('token' in credential) return this.byToken(tx, personId, credential.token);
    return this.bySigningProof(personId, credential.proof);
  }

  private async byPassword(tx: Tx, personId: string, password: string): Promise<'password' | null> {
    // A password that somebody else set may be in their hands: it signs nothing until its owner has chosen another.
    const rows: { password_hash: string | null }[] = await tx.query(
      `select password_hash from access.person where id = $1 and disabled_at is null and password_state = 'own'`,
      [personId],
    );
    return (await passwordMatches(password, rows[0]?.password_hash ?? null)) ? 'password' : null;
  }

  private async byToken(tx: Tx, personId: string, token: string): Promise<'token' | null> {
    const parts = parseToken(token);
    // A token that was narrowed to other work, or came of somebody else's password, proves nothing about a decision, and a service account's is
    // never a person's. A session's says only what the call itself says already: whoever took it over knows no more.
    const rows: { secret_sha256: string }[] = await tx.query(
      `select c.secret_sha256 from access.credential c join access.api_token t on t.id = c.token_id and t.kind = 'api'
         where c.token_id = $1 and c.holder_id = $2 and c.is_own and c.kind = 'person' and not c.provisional
           and (c.scopes is null or jsonb_exists(c.scopes, 'promotions:decide'))`,
      [parts?.id ?? '', personId],
    );
    return secretMatches(parts?.secret ?? '', rows[0]?.secret_sha256 ?? noHash) ? 'token' : null;
  }

  /** A proof is spent by being shown, in a transaction of its own: what becomes of the decision gives it back to nobody. */
  private async bySigningProof(personId: string, proof: string): Promise<'oidc' | null> {
    const spent = await this.database.transaction(async (tx) => {
      const [, count]: [unknown, number] = await tx.query(
        'delete from access.signing_proof where secret_sha256 = $1 and person_id = $2 and expires_at > now()',
        [hashSecret(proof), personId],
      );
      return count > 0;
    });
    return spent ? 'oidc' : null;
  }
}
