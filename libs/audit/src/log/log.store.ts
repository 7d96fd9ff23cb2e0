import type { Tx } from '@assay/platform/database';

/** The newest signed checkpoint. */
export async function newestNote(tx: Tx): Promise<string | null> {
  const [row]: { note: string }[] = await tx.query(
    'select note from audit.checkpoint where note is not null order by size desc limit 1',
  );
  return row?.note ?? null;
}

/** The signed checkpoint of one size, or null if none was made of it. */
export async function noteOfSize(tx: Tx, size: number): Promise<string | null> {
  const [row]: { note: string | null }[] = await tx.query('select note from audit.checkpoint where size = $1', [size]);
  return row?.note ?? null;
}

/** The leaves of a range of indexes, in order. */
export async function leavesBetween(tx: Tx, first: number, end: number): Promise<Uint8Array[]> {
  const rows: { leaf: Buffer }[] = await tx.query(
    'select leaf from audit.leaf where index >= $1 and index < $2 order by index',
    [first, end],
  );
  return rows.map(({ leaf }) => leaf);
}

/** How many committed records wait to be sequenced. */
export async function waitingRecords(tx: Tx): Promise<number> {
  const [row]: { count: string }[] = await tx.query('select count(*) as count from audit.inbox');
  return Number(row?.count ?? 0);
}
