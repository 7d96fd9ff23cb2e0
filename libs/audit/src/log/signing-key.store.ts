import type { Tx } from '@assay/platform/database';

export interface KnownKey {
  readonly verifierKey: string;
  readonly origin: string;
  readonly addedAt: Date;
  readonly retiredAt: Date | null;
}

const tableName = /^[a-z_]+$/;

/** Every key that ever signed for this log, oldest first. */
export async function signingKeys(tx: Tx, schema = 'audit'): Promise<KnownKey[]> {
  if (!tableName.test(schema)) throw new Error(`"${schema}" is no schema name`);
  return tx.query(
    `select verifier_key as "verifierKey", origin, added_at as "addedAt", retired_at as "retiredAt" from ${schema}.signing_key order by added_at, verifier_key`,
  );
}

export async function insertSigningKey(tx: Tx, key: { verifierKey: string; origin: string }, now: Date): Promise<void> {
  await tx.query('insert into audit.signing_key (verifier_key, origin, added_at) values ($1, $2, $3)', [
    key.verifierKey,
    key.origin,
    now,
  ]);
}
