import type { Tx } from '@assay/platform/database';

export interface WrappedKey {
  readonly subject: string;
  readonly wrapped: Uint8Array;
}

export interface SealedDetail {
  readonly recordId: string;
  readonly subject: string;
  readonly sealed: Uint8Array;
}

/** The wrapped keys that some subjects have. */
export async function subjectKeys(tx: Tx, subjects: readonly string[]): Promise<WrappedKey[]> {
  return tx.query('select subject, wrapped_key as wrapped from audit.subject_key where subject = any($1)', [subjects]);
}

/** Keeps new keys; a subject that got one meanwhile keeps that. */
export async function insertSubjectKeys(tx: Tx, keys: readonly WrappedKey[], now: Date): Promise<void> {
  await tx.query(
    `insert into audit.subject_key (subject, wrapped_key, created_at)
     select subject, wrapped, $3 from unnest($1::text[], $2::bytea[]) as given (subject, wrapped) on conflict (subject) do nothing`,
    [keys.map(({ subject }) => subject), keys.map(({ wrapped }) => wrapped), now],
  );
}

/** Keeps the sealed personal values of records. */
export async function insertDetails(tx: Tx, details: readonly SealedDetail[]): Promise<void> {
  await tx.query(
    'insert into audit.detail (record_id, subject, sealed) select * from unnest($1::text[], $2::text[], $3::bytea[])',
    [
      details.map(({ recordId }) => recordId),
      details.map(({ subject }) => subject),
      details.map(({ sealed }) => sealed),
    ],
  );
}

/** The sealed values of one record with the wrapped key of their subject; null once erased, or if there never were any. */
export async function findDetail(tx: Tx, recordId: string): Promise<(SealedDetail & WrappedKey) | null> {
  const [row] = await tx.query(
    `select d.record_id as "recordId", d.subject, d.sealed, k.wrapped_key as wrapped
     from audit.detail d join audit.subject_key k on k.subject = d.subject where d.record_id = $1`,
    [recordId],
  );
  return row ?? null;
}
