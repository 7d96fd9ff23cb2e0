import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { SummedSpan } from './span-sums.js';
import { attributeOf, plainValue, type Span, traceIdOf } from './span.js';
import type { ToldBySpans } from './told-by-spans.js';
import { spanKeys } from './translate-span.js';
import { placeOf, type SizedSpan, type SpanTotals } from './trace-bounds.js';
import { traceKeys } from './trace.js';
import { ours, upsertOurs } from './trace.store.js';

/** A trace that has just got spans. */
export interface GrownTrace {
  readonly traceId: string;
  /** Whether the client itself has said how many tokens the trace took, or what it cost. */
  readonly usageIsGiven: boolean;
  readonly costIsGiven: boolean;
  /** What it held before. */
  readonly held: SpanTotals;
}

/** A span as the row that it becomes. */
export interface SpanRow extends SizedSpan {
  readonly json: string;
}

/** Spans, and what they change in their traces. */
@Injectable()
export class SpanStore {
  /** Makes and changes traces by what spans tell of them, in the order of their ids. A trace of another workspace is missing in the answer. */
  async growTraces(
    tx: Tx,
    place: { workspace: string; experimentId: string; artifactUriOf: (traceId: string) => string },
    told: readonly ToldBySpans[],
  ): Promise<GrownTrace[]> {
    const rows = await upsertOurs<{
      trace_id: string;
      finalized: boolean;
      has_usage: boolean;
      has_cost: boolean;
      span_count: string;
      span_bytes: string;
    }>(
      tx.query(
        `insert into tracking.trace as t (trace_id, experiment_id, workspace, request_time_ms, duration_ms, state, request_preview, response_preview,
           artifact_uri, finalized, has_spans, span_count, span_bytes, tags, metadata)
         select x.id, $2, $3, x.start, x.duration, x.state, x.request, x.response, x.uri, false, true, 0, 0, x.tags || jsonb_build_object('${traceKeys.artifactLocation}', x.uri), x.metadata
           from json_to_recordset($1) as x(id text, start bigint, duration bigint, state text, request text, response text, uri text, tags jsonb, metadata jsonb)
           where ${ours('x.id')} order by x.id
         on conflict on constraint trace_pk do update set
           request_time_ms = case when t.finalized then t.request_time_ms else least(t.request_time_ms, excluded.request_time_ms) end,
           duration_ms = case when t.finalized or excluded.duration_ms is null then t.duration_ms
             else greatest(t.request_time_ms + coalesce(t.duration_ms, 0), excluded.request_time_ms + excluded.duration_ms)
               - least(t.request_time_ms, excluded.request_time_ms) end,
           state = case when t.state in ('IN_PROGRESS', 'STATE_UNSPECIFIED') and excluded.state <> 'IN_PROGRESS' then excluded.state else t.state end,
           request_preview = coalesce(t.request_preview, excluded.request_preview), response_preview = coalesce(t.response_preview, excluded.response_preview),
           has_spans = true, tags = t.tags || (excluded.tags - '${traceKeys.artifactLocation}'), metadata = excluded.metadata || t.metadata
         returning t.trace_id, t.finalized, t.span_count, t.span_bytes, t.metadata ? '${traceKeys.tokenUsage}' as has_usage, t.metadata ? '${traceKeys.cost}' as has_cost`,
        [
          JSON.stringify(
            told.map((each) => ({
              id: each.traceId,
              start: each.startMs,
              duration: each.durationMs,
              state: each.state,
              request: each.requestPreview,
              response: each.responsePreview,
              uri: place.artifactUriOf(each.traceId),
              tags: each.tags,
              metadata: each.metadata,
            })),
          ),
          place.experimentId,
          place.workspace,
        ],
      ),
    );
    return rows.map((row) => ({
      traceId: row.trace_id,
      usageIsGiven: row.finalized && row.has_usage,
      costIsGiven: row.finalized && row.has_cost,
      held: { spans: Number(row.span_count), bytes: Number(row.span_bytes) },
    }));
  }

  /** Bytes of those of some spans that are there already, by {@link placeOf}. */
  async sizes(tx: Tx, spans: readonly SizedSpan[]): Promise<Map<string, number>> {
    if (spans.length === 0) return new Map();
    const rows: { trace_id: string; span_id: string; bytes: string }[] = await tx.query(
      `select s.trace_id, s.span_id, s.bytes from unnest($1::text[], $2::text[]) as x(trace_id, span_id)
         join tracking.span s on s.trace_id = x.trace_id and s.span_id = x.span_id`,
      [spans.map(({ traceId }) => traceId), spans.map(({ spanId }) => spanId)],
    );
    return new Map(rows.map((row) => [placeOf({ traceId: row.trace_id, spanId: row.span_id }), Number(row.bytes)]));
  }

  /** Writes spans; one that is there already is replaced. Their traces' rows must be held, and gain what these come to. */
  async put(tx: Tx, spans: readonly SpanRow[], gains: ReadonlyMap<string, SpanTotals>): Promise<void> {
    await tx.query(
      `insert into tracking.span (trace_id, span_id, parent_span_id, name, kind, type, start_ns, end_ns, status, status_message, trace_state, flags, attributes, events, links, usage, cost, bytes)
         select * from json_to_recordset($1) as x(trace text, id text, parent text, name text, kind bigint, type text, start bigint, "end" bigint, status text, message text,
           state text, flags bigint, attributes jsonb, events jsonb, links jsonb, usage jsonb, cost jsonb, bytes bigint)
         on conflict on constraint span_pk do update set parent_span_id = excluded.parent_span_id, name = excluded.name, kind = excluded.kind, type = excluded.type,
           start_ns = excluded.start_ns, end_ns = excluded.end_ns, status = excluded.status, status_message = excluded.status_message,
           trace_state = excluded.trace_state, flags = excluded.flags, attributes = excluded.attributes, events = excluded.events, links = excluded.links,
           usage = excluded.usage, cost = excluded.cost, bytes = excluded.bytes`,
      [`[${spans.map(({ json, bytes }) => `${json.slice(0, -1)},"bytes":${bytes}}`).join(',')}]`],
    );
    const gained = [...gains].filter(([, { spans: count, bytes }]) => count !== 0 || bytes !== 0);
    if (gained.length === 0) return;
    await tx.query(
      `update tracking.trace t set span_count = t.span_count + x.count, span_bytes = t.span_bytes + x.bytes
         from unnest($1::text[], $2::bigint[], $3::bigint[]) as x(id, count, bytes) where t.trace_id = x.id`,
      [gained.map(([id]) => id), gained.map(([, { spans: count }]) => count), gained.map(([, { bytes }]) => bytes)],
    );
  }

  /** The trees of some traces, each span with its token counts and costs. */
  async summed(tx: Tx, traceIds: readonly string[]): Promise<Map<string, { usage: SummedSpan[]; cost: SummedSpan[] }>> {
    const rows: {
      trace_id: string;
      span_id: string;
      parent_span_id: string | null;
      usage: Record<string, number> | null;
      cost: Record<string, number> | null;
    }[] = await tx.query(
      'select trace_id, span_id, parent_span_id, usage, cost from tracking.span where trace_id = any($1)',
      [traceIds],
    );
    const trees = new Map(
      traceIds.map((id) => [id, { usage: new Array<SummedSpan>(), cost: new Array<SummedSpan>() }]),
    );
    for (const row of rows) {
      const node = { spanId: row.span_id, parentSpanId: row.parent_span_id };
      trees.get(row.trace_id)?.usage.push({ ...node, counts: row.usage });
      trees.get(row.trace_id)?.cost.push({ ...node, counts: row.cost });
    }
    return trees;
  }

  /** Adds to the metadata of a trace. */
  async addMetadata(tx: Tx, traceId: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    await tx.query('update tracking.trace set metadata = metadata || $2::jsonb where trace_id = $1', [
      traceId,
      metadata,
    ]);
  }
}

/** The row that a span becomes. */
export function spanRow(span: Span): SpanRow {
  const json = JSON.stringify({
    trace: traceIdOf(span),
    id: span.spanId,
    parent: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    type: textOrNull(plainValue(attributeOf(span.attributes, spanKeys.type))),
    start: String(span.startNs),
    end: span.endNs === null ? null : String(span.endNs),
    status: span.status,
    message: span.statusMessage,
    state: span.traceState,
    flags: span.flags,
    attributes: span.attributes,
    events: span.events,
    links: span.links,
    usage: countsOf(span, spanKeys.usage),
    cost: countsOf(span, spanKeys.cost),
  });
  return { traceId: traceIdOf(span), spanId: span.spanId, bytes: Buffer.byteLength(json), json };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Numbers of an attribute that is a map of them. */
function countsOf(span: Span, key: string): Record<string, number> | null {
  const value = plainValue(attributeOf(span.attributes, key));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const counts = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return counts.length === 0 ? null : Object.fromEntries(counts);
}
