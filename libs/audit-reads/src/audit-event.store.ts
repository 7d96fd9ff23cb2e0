import type { Session, Tx } from '@assay/platform/database';
import type { AuditEvent } from './audit-event.js';

interface EventRow {
  index: string;
  id: string;
  recorded_at: Date;
  workspace: string;
  actor_id: string;
  actor_kind: string;
  on_behalf_of: string | null;
  action: string;
  target_type: string;
  target_id: string;
  target_version: string | null;
  outcome: string;
  body: { before?: unknown; after?: unknown; links?: Record<string, string> };
}

const count = {
  name: 'count_events',
  text: 'select coalesce(max(index) + 1, 0) as size from audit.event',
};

/** How many events the log holds: the index of the next one. */
export async function eventCount(tx: Tx): Promise<number> {
  const [row]: { size: string }[] = await tx.query(count.text);
  return Number(row?.size ?? 0);
}

/** The same by itself: what every subscriber asks several times a second takes one round trip. */
export async function eventCountNow(session: Session): Promise<number> {
  const [row] = await session.run<{ size: string }>(count);
  return Number(row?.size ?? 0);
}

/** Events from an index on, in order, of certain actions only. */
export async function eventsFrom(
  tx: Tx,
  from: number,
  actions: readonly string[],
  limit: number,
): Promise<AuditEvent[]> {
  const rows: EventRow[] = await tx.query(
    'select * from audit.event where index >= $1 and action = any($2) order by index limit $3',
    [from, actions, limit],
  );
  return rows.map(toEvent);
}

/** A record, and what it is about. */
export interface RecordTarget {
  readonly record: string;
  readonly target: string;
}

/** What some records are about, of those whose target is of one type. */
export async function targetsOf(
  tx: Tx,
  workspace: string,
  type: string,
  records: readonly string[],
): Promise<RecordTarget[]> {
  return tx.query(
    `select id as record, target_id as target from audit.event where workspace = $1 and target_type = $2 and id = any($3::text[])`,
    [workspace, type, records],
  );
}

/** Records of one action about some things of one type. */
export async function recordsAbout(
  tx: Tx,
  workspace: string,
  about: { type: string; ids: readonly string[]; action: string },
): Promise<RecordTarget[]> {
  return tx.query(
    `select id as record, target_id as target from audit.event
       where target_type = $2 and target_id = any($3::text[]) and workspace = $1 and action = $4 order by index`,
    [workspace, about.type, about.ids, about.action],
  );
}

/** Starts a subscriber's cursor if it has none, and tells where it stands. */
export async function openCursor(tx: Tx, table: string, subscription: string, start: number): Promise<number> {
  await tx.query(
    `insert into ${table} (subscription, next_index) values ($1, $2) on conflict (subscription) do nothing`,
    [subscription, start],
  );
  const [row]: { next_index: string }[] = await tx.query(`select next_index from ${table} where subscription = $1`, [
    subscription,
  ]);
  return Number(row?.next_index ?? start);
}

/** Locks a subscriber's cursor until the transaction ends, so that no other process handles the same event. */
export async function lockCursor(tx: Tx, table: string, subscription: string): Promise<number> {
  const [row]: { next_index: string }[] = await tx.query(
    `select next_index from ${table} where subscription = $1 for update`,
    [subscription],
  );
  if (!row) throw new Error(`the cursor of ${subscription} is gone from ${table}`);
  return Number(row.next_index);
}

/** Moves a locked cursor. */
export async function moveCursor(tx: Tx, table: string, subscription: string, next: number): Promise<void> {
  await tx.query(`update ${table} set next_index = $2 where subscription = $1`, [subscription, next]);
}

function toEvent(row: EventRow): AuditEvent {
  return {
    index: Number(row.index),
    id: row.id,
    time: row.recorded_at,
    workspace: row.workspace,
    actor: { id: row.actor_id, kind: row.actor_kind },
    onBehalfOf: row.on_behalf_of,
    action: row.action,
    target: { type: row.target_type, id: row.target_id, version: row.target_version },
    outcome: row.outcome,
    before: row.body.before,
    after: row.body.after,
    links: row.body.links ?? {},
  };
}
