import type { AuditRecord, ExportAuditRecordsRequest } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';

/** What to search for; a workspace auditor's own workspace is put in by the caller. */
export type RecordFilter = ExportAuditRecordsRequest;

interface RecordRow {
  index: string;
  leaf: Buffer;
  id: string;
  time: string;
  workspace: string;
  actor_id: string;
  actor_kind: string;
  on_behalf_of: string | null;
  action: string;
  target_type: string;
  target_id: string;
  target_version: string | null;
  outcome: string;
  request_id: string | null;
}

export const recordColumns = `index, leaf, id, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time, workspace,
  actor_id, actor_kind, on_behalf_of, action, target_type, target_id, target_version, outcome, request_id`;

/** A page of records below an index, newest first. */
export async function searchRecords(
  tx: Tx,
  filter: RecordFilter,
  before: number | null,
  limit: number,
): Promise<AuditRecord[]> {
  const { where, parameters } = conditions(filter);
  const rows: RecordRow[] = await tx.query(
    `select ${recordColumns} from audit.leaf where ($1::bigint is null or index < $1) and ${where} order by index desc limit $2`,
    [before, limit, ...parameters],
  );
  return rows.map(toRecord);
}

/** One record by its id, or null while it is not sequenced. */
export async function findRecord(tx: Tx, id: string): Promise<AuditRecord | null> {
  const rows: RecordRow[] = await tx.query(`select ${recordColumns} from audit.leaf where id = $1`, [id]);
  const [row] = rows;
  return row ? toRecord(row) : null;
}

/** Whether a record waits to be sequenced. */
export async function isWaiting(tx: Tx, id: string): Promise<boolean> {
  const rows: unknown[] = await tx.query('select from audit.inbox where id = $1', [id]);
  return rows.length > 0;
}

/** SQL of a filter; its parameters are numbered from 3 on. */
export function conditions(filter: RecordFilter): { where: string; parameters: unknown[] } {
  const parts: string[] = [];
  const parameters: unknown[] = [];
  const add = (sql: string, value: unknown): void => {
    if (value === undefined) return;
    parameters.push(value);
    parts.push(sql.replaceAll('?', `$${parameters.length + 2}`));
  };
  add('recorded_at >= ?', filter.from);
  add('recorded_at < ?', filter.to);
  add('(actor_id = ? or on_behalf_of = ?)', filter.actor);
  if (filter.action?.endsWith('.')) add('starts_with(action, ?)', filter.action);
  else add('action = ?', filter.action);
  add('target_type = ?', filter.targetType);
  add('target_id = ?', filter.targetId);
  add('workspace = ?', filter.workspace);
  add('outcome = ?', filter.outcome);
  add("strpos(lower(convert_from(leaf, 'UTF8')), lower(?)) > 0", filter.text);
  return { where: parts.length > 0 ? parts.join(' and ') : 'true', parameters };
}

function toRecord(row: RecordRow): AuditRecord {
  return {
    index: Number(row.index),
    id: row.id,
    time: row.time,
    workspace: row.workspace,
    actor: { id: row.actor_id, kind: row.actor_kind },
    onBehalfOf: row.on_behalf_of,
    action: row.action,
    target: { type: row.target_type, id: row.target_id, version: row.target_version },
    outcome: row.outcome,
    requestId: row.request_id,
    leaf: row.leaf.toString('utf8'),
  };
}
