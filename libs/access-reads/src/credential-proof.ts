import type { SigningCredential } from '@assay/contracts';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { AttemptLimiter } from './attempt-limiter.js';
import { passwordMatches } from './password-hash.js';
import { parseToken, secretMatches } from './token-format.js';

const noHash = '0'.repeat(64);

/** Asks a person for a credential again, at the moment of signing. */
@Injectable()
export class CredentialProof {
  private readonly attempts = new AttemptLimiter(5);

  constructor(private readonly clock: Clock) {}

  /**
   * How the person proved who they are, or null when the credential is wrong, revoked or somebody else's.
   * @throws {AppError} after five wrong ones in a minute.
   */
  async verify(tx: Tx, personId: string, credential: SigningCredential): Promise<'password' | 'token' | null> {
    this.attempts.take(personId, this.clock.now());
    const proof =
      'password' in credential
        ? await this.byPassword(tx, personId, credential.password)
        : await this.byToken(tx, personId, credential.token);
    if (proof !== null) this.attempts.clear(personId);
    return proof;
  }

  private async byPassword(tx: Tx, personId: string, password: string): Promise<'password' | null> {
    const rows: { password_hash: string }[] = await tx.query(
      'select password_hash from access.person where id = $1 and disabled_at is null',
      [personId],
    );
    return (await passwordMatches(password, rows[0]?.password_hash ?? null)) ? 'password' : null;
  }

  private async byToken(tx: Tx, personId: string, token: string): Promise<'token' | null> {
    const parts = parseToken(token);
    // A token that was narrowed to other work proves nothing about a decision, and a service account's is never a person's.
    const rows: { secret_sha256: string }[] = await tx.query(
      `select secret_sha256 from access.credential
         where token_id = $1 and holder_id = $2 and kind = 'person' and (scopes is null or jsonb_exists(scopes, 'promotions:decide'))`,
      [parts?.id ?? '', personId],
    );
    return secretMatches(parts?.secret ?? '', rows[0]?.secret_sha256 ?? noHash) ? 'token' : null;
  }
}
