import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

export const setUpId = 'set-up';

@Injectable()
export class SetUpStore {
  /** Replaces the secret; an older one is worth nothing from then on. */
  async replaceSecret(tx: Tx, secretSha256: string, at: Date): Promise<void> {
    await tx.query(
      `insert into access.set_up (id, secret_sha256, created_at) values ($1, $2, $3)
         on conflict (id) do update set secret_sha256 = excluded.secret_sha256, created_at = excluded.created_at, used_at = null`,
      [setUpId, secretSha256, at],
    );
  }

  /** The stored hash of an unused secret, or null; the row stays locked, so that one secret serves one caller. */
  async lockUnusedHash(tx: Tx): Promise<string | null> {
    const rows: { hash: string }[] = await tx.query(
      'select secret_sha256 as hash from access.set_up where id = $1 and used_at is null for update',
      [setUpId],
    );
    return rows[0]?.hash ?? null;
  }

  async peopleExist(tx: Tx): Promise<boolean> {
    const rows: unknown[] = await tx.query('select 1 from access.person limit 1');
    return rows.length > 0;
  }

  async markUsed(tx: Tx, at: Date): Promise<void> {
    await tx.query('update access.set_up set used_at = $2 where id = $1', [setUpId, at]);
  }
}
