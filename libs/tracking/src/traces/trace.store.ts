import { postgresCode, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { TextMap, TraceInfo } from './trace.js';
import { toTraceInfo, traceColumns, type TraceRow } from './trace-columns.js';

export type NewTrace = Omit<TraceInfo, 'assessments' | 'hasSpans' | 'spanBytes'>;

/** What traces are to be deleted; the oldest first where there are more than wanted. */
export interface TraceSelection {
  readonly experimentId: string;
  readonly untilMs: number | null;
  readonly ids: readonly string[] | null;
  readonly most: number;
}

/** SQL: whether no other workspace has a trace of this id. Their rows can't be seen, so that an upsert would not leave them be but fail. */
export function ours(id: string): string {
  return `(not tracking.id_taken('trace', ${id}) or exists (select from tracking.trace own where own.trace_id = ${id}))`;
}

/** An upsert of `ours`: no rows where another workspace brought such a trace along at the same instant, when all that is seen of it is the wall. */
export async function upsertOurs<Row>(upsert: Promise<Row[]>): Promise<Row[]> {
  try {
    return await upsert;
  } catch (error) {
    if (postgresCode(error) === '42501' && error instanceof Error && /row-level security/.test(error.message))
      return [];
    throw error;
  }
}

/** Traces without their spans. */
@Injectable()
export class TraceStore {
  /** Writes what a client says of a trace; what spans told before stays where the client says nothing. False: the id is another workspace's. */
  async start(tx: Tx, workspace: string, trace: NewTrace): Promise<boolean> {
    const rows = await upsertOurs<unknown>(
      tx.query(
        `insert into tracking.trace as t (trace_id, experiment_id, workspace, request_time_ms, duration_ms, state, client_request_id, request_preview, response_preview,
           artifact_uri, finalized, has_spans, span_count, span_bytes, tags, metadata)
         select $1, $2::bigint, $3, $4::bigint, $5::bigint, $6, $7, $8, $9, $10, true, false, 0, 0, $11::jsonb, $12::jsonb where ${ours('$1')}
         on conflict on constraint trace_pk do update set experiment_id = excluded.experiment_id, request_time_ms = excluded.request_time_ms,
           duration_ms = excluded.duration_ms, state = excluded.state, client_request_id = excluded.client_request_id,
           request_preview = coalesce(excluded.request_preview, t.request_preview), response_preview = coalesce(excluded.response_preview, t.response_preview),
           artifact_uri = excluded.artifact_uri, finalized = true, tags = t.tags || excluded.tags, metadata = t.metadata || excluded.metadata
         returning 1`,
        [
          trace.id,
          trace.experimentId,
          workspace,
          trace.requestTimeMs,
          trace.durationMs,
          trace.state,
          trace.clientRequestId,
          trace.requestPreview,
          trace.responsePreview,
          trace.artifactUri,
          trace.tags,
          trace.metadata,
        ],
      ),
    );
    return rows.length > 0;
  }

  async byId(tx: Tx, workspace: string, id: string): Promise<TraceInfo | null> {
    return (await this.byIds(tx, workspace, [id], null))[0] ?? null;
  }

  /** Known ones of some traces, in the order asked for. */
  async byIds(
    tx: Tx,
    workspace: string,
    ids: readonly string[],
    experimentIds: readonly string[] | null,
  ): Promise<TraceInfo[]> {
    const rows: TraceRow[] = await tx.query(
      `select ${traceColumns} from tracking.trace t where t.workspace = $1 and t.trace_id = any($2) and ($3::bigint[] is null or t.experiment_id = any($3))
         order by array_position($2, t.trace_id)`,
      [workspace, ids, experimentIds],
    );
    return rows.map(toTraceInfo);
  }

  /** Holds a trace's row until the transaction ends, and answers its metadata; null for an unknown one. */
  async lock(tx: Tx, workspace: string, id: string): Promise<{ metadata: TextMap } | null> {
    const [row]: { metadata: TextMap }[] = await tx.query(
      'select metadata from tracking.trace where workspace = $1 and trace_id = $2 for update',
      [workspace, id],
    );
    return row ?? null;
  }

  /** False: there is no such trace. */
  async setTag(tx: Tx, workspace: string, id: string, key: string, value: string): Promise<boolean> {
    const [rows]: [unknown[], number] = await tx.query(
      `update tracking.trace set tags = tags || jsonb_build_object($3::text, $4::text) where workspace = $1 and trace_id = $2 returning 1`,
      [workspace, id, key, value],
    );
    return rows.length > 0;
  }

  /** False: there is no such tag. */
  async deleteTag(tx: Tx, workspace: string, id: string, key: string): Promise<boolean> {
    const [rows]: [unknown[], number] = await tx.query(
      `update tracking.trace set tags = tags - $3::text where workspace = $1 and trace_id = $2 and tags ? $3 returning 1`,
      [workspace, id, key],
    );
    return rows.length > 0;
  }

  /** Links the known ones of some traces to a run or to versions of prompts. */
  async link(
    tx: Tx,
    workspace: string,
    ids: readonly string[],
    kind: 'run' | 'prompt',
    targets: readonly string[],
  ): Promise<void> {
    await tx.query(
      `insert into tracking.trace_link (trace_id, kind, target)
         select t.trace_id, $3, target from tracking.trace t, unnest($4::text[]) as target where t.workspace = $1 and t.trace_id = any($2)
         order by 1, 3 on conflict on constraint trace_link_pk do nothing`,
      [workspace, ids, kind, targets],
    );
  }

  /** Deletes traces with everything that hangs on them, and answers their ids. */
  async delete(tx: Tx, workspace: string, selection: TraceSelection): Promise<string[]> {
    const rows: { trace_id: string }[] = await tx.query(
      `select trace_id from tracking.trace where workspace = $1 and experiment_id = $2 and ($3::bigint is null or request_time_ms <= $3)
         and ($4::text[] is null or trace_id = any($4)) order by request_time_ms, trace_id limit $5 for update`,
      [workspace, selection.experimentId, selection.untilMs, selection.ids, selection.most],
    );
    const ids = rows.map((row) => row.trace_id);
    if (ids.length === 0) return ids;
    for (const table of ['assessment', 'trace_link', 'span'])
      await tx.query(`delete from tracking.${table} where trace_id = any($1)`, [ids]);
    await tx.query(`delete from tracking.file where owner_kind = 'trace' and owner_id = any($1)`, [ids]);
    await tx.query('delete from tracking.trace where trace_id = any($1)', [ids]);
    return ids;
  }
}
