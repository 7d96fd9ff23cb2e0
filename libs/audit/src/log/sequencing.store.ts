import type { AuditLeaf } from '@assay/contracts';
import type { Database, Tx } from '@assay/platform/database';
import { leafColumns, type KnownHead, type Tile } from '@assay/pure/merkle';
import type { InboxRecord } from './audit-leaf.js';

/** Only the sequencer locks this number: one leader at a time. */
const leaderLock = 4_156_002;

/**
 * The sequencer's own connection. The leader's lock lives as long as this session and every batch runs on it, so whoever lost the lock has lost
 * the transaction with it.
 */
export class SequencerSession {
  private constructor(private readonly runner: ReturnType<Database['source']['createQueryRunner']>) {}

  static async open(database: Database): Promise<SequencerSession> {
    const runner = database.source.createQueryRunner();
    await runner.connect();
    return new SequencerSession(runner);
  }

  /** Becomes the leader, unless another session is. */
  async tryLead(): Promise<boolean> {
    const [row]: { leading: boolean }[] = await this.runner.query('select pg_try_advisory_lock($1) as leading', [
      leaderLock,
    ]);
    return row?.leading === true;
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    await this.runner.startTransaction();
    try {
      const result = await work(this.runner.manager);
      await this.runner.commitTransaction();
      return result;
    } catch (error) {
      // On a broken connection there is nothing to roll back; the first error is the one to tell.
      if (this.runner.isTransactionActive) await this.runner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
  }

  /** Gives up the lock and the connection. */
  async close(): Promise<void> {
    await this.runner.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await this.runner.release().catch(() => undefined);
  }
}

export interface ClaimedRecord extends InboxRecord {
  readonly subject: string;
}

interface InboxRow {
  id: string;
  time: string;
  covers: unknown;
  record: unknown;
  personal: unknown;
}

/** Takes committed records out of the inbox, oldest id first. They are gone from there exactly if the transaction commits. */
export async function claimInbox(tx: Tx, limit: number): Promise<ClaimedRecord[]> {
  const [rows]: [InboxRow[], number] = await tx.query(
    `delete from audit.inbox where id = any (array (select id from audit.inbox order by id limit $1))
     returning id, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time, covers, record, personal`,
    [limit],
  );
  return rows
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, time, covers, record, personal }) => ({
      id,
      time,
      covers,
      record,
      personal: textMembers(personal),
      subject: subjectOf(record),
    }));
}

/** The newest checkpoint of all, signed or not: the size at which the log goes on. */
export async function newestHead(tx: Tx): Promise<KnownHead | null> {
  const [row]: { size: string; root: Buffer }[] = await tx.query(
    'select size, root from audit.checkpoint order by size desc limit 1',
  );
  return row ? { size: Number(row.size), root: row.root } : null;
}

/** The hashes of certain tiles, as far as they are kept. */
export async function readTiles(
  tx: Tx,
  tiles: readonly { level: number; index: number }[],
  schema = 'audit',
): Promise<Map<string, Uint8Array>> {
  if (tiles.length === 0) return new Map();
  const rows: { level: number; index: string; hashes: Buffer }[] = await tx.query(
    `select t.level, t.index, t.hashes from ${schema}.tile t join unnest($1::int[], $2::bigint[]) as wanted (level, index) using (level, index)`,
    [tiles.map(({ level }) => level), tiles.map(({ index }) => index)],
  );
  return new Map(rows.map(({ level, index, hashes }) => [`${level}/${index}`, hashes]));
}

/** Keeps leaves exactly as hashed, each with the columns by which it is searched. */
export async function insertLeaves(
  tx: Tx,
  first: number,
  leaves: readonly { leaf: AuditLeaf; bytes: Uint8Array }[],
): Promise<void> {
  const columns = leaves.map(({ leaf }) => leafColumns(leaf));
  await tx.query(
    `insert into audit.leaf (index, leaf, id, recorded_at, workspace, actor_id, actor_kind, on_behalf_of, action, target_type, target_id, target_version, outcome, request_id)
     select * from unnest($1::bigint[], $2::bytea[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])`,
    [
      leaves.map((_, i) => first + i),
      leaves.map(({ bytes }) => bytes),
      columns.map(({ id }) => id),
      columns.map(({ time }) => time),
      columns.map(({ workspace }) => workspace),
      columns.map(({ actorId }) => actorId),
      columns.map(({ actorKind }) => actorKind),
      columns.map(({ onBehalfOf }) => onBehalfOf),
      columns.map(({ action }) => action),
      columns.map(({ targetType }) => targetType),
      columns.map(({ targetId }) => targetId),
      columns.map(({ targetVersion }) => targetVersion),
      columns.map(({ outcome }) => outcome),
      columns.map(({ requestId }) => requestId),
    ],
  );
}

/** Keeps tiles with all hashes that they hold now. A tile only grows. */
export async function putTiles(tx: Tx, tiles: readonly Tile[]): Promise<void> {
  await tx.query(
    `insert into audit.tile (level, index, hashes) select * from unnest($1::int[], $2::bigint[], $3::bytea[])
     on conflict (level, index) do update set hashes = excluded.hashes`,
    [tiles.map(({ level }) => level), tiles.map(({ index }) => index), tiles.map(({ hashes }) => hashes)],
  );
}

/** Fixes the root of a size, to be signed after the commit. A second root of that size is refused by the primary key. */
export async function insertHead(tx: Tx, head: KnownHead, now: Date): Promise<void> {
  await tx.query('insert into audit.checkpoint (size, root, made_at) values ($1, $2, $3)', [head.size, head.root, now]);
}

/** Heads that were committed but not signed, oldest first: what a crash left behind. */
export async function unsignedHeads(tx: Tx): Promise<KnownHead[]> {
  const rows: { size: string; root: Buffer }[] = await tx.query(
    'select size, root from audit.checkpoint where note is null order by size',
  );
  return rows.map(({ size, root }) => ({ size: Number(size), root }));
}

/** Keeps the signed note of a head; one that is signed already keeps its note. */
export async function storeNote(tx: Tx, size: number, note: string): Promise<void> {
  await tx.query('update audit.checkpoint set note = $2 where size = $1 and note is null', [size, note]);
}

function textMembers(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, typeof each === 'string' ? each : JSON.stringify(each)]),
  );
}

function subjectOf(record: unknown): string {
  const subject: unknown = typeof record === 'object' && record !== null && 'subject' in record ? record.subject : null;
  return typeof subject === 'string' && subject !== '' ? subject : 'unknown';
}
