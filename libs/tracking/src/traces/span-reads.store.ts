import type { Session } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { KeyValue, SpanEvent, SpanLink, SpanStatus } from './span.js';
import type { StoredSpan } from './span-file.js';
import type { SizedSpan } from './trace-bounds.js';

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/** A span `s` as MLflow's JSON of OTLP writes it. */
const spanJson = `json_strip_nulls(json_build_object(
  'trace_id', encode(decode(substr(s.trace_id, 4), 'hex'), 'base64'), 'span_id', encode(decode(s.span_id, 'hex'), 'base64'),
  'trace_state', s.trace_state, 'parent_span_id', encode(decode(s.parent_span_id, 'hex'), 'base64'), 'flags', nullif(s.flags, 0), 'name', s.name,
  'kind', (array[${kinds.map((kind) => `'SPAN_KIND_${kind}'`).join(', ')}])[nullif(s.kind, 0) + 1],
  'start_time_unix_nano', s.start_ns, 'end_time_unix_nano', s.end_ns,
  'attributes', nullif(s.attributes, '[]'), 'events', nullif(s.events, '[]'), 'links', nullif(s.links, '[]'),
  'status', json_build_object('code', 'STATUS_CODE_' || nullif(s.status, 'UNSET'), 'message', s.status_message)))`;

const outline = {
  name: 'span-reads-outline',
  text: `select trace_id, span_id, bytes from tracking.span where trace_id = any($1)
    order by trace_id, parent_span_id is not null, start_ns, span_id`,
};

const asked = `unnest($1::text[], $2::text[]) with ordinality as asked (trace_id, span_id, place)
    cross join lateral (select * from tracking.span where trace_id = asked.trace_id and span_id = asked.span_id offset 0) s order by asked.place`;
const texts = {
  name: 'span-reads-texts',
  text: `select s.trace_id as "traceId", ${spanJson}::text as json from ${asked}`,
};
const stored = {
  name: 'span-reads-stored',
  text: `select s.trace_id, s.span_id, s.parent_span_id, s.name, s.start_ns, s.end_ns, s.status, s.status_message, s.attributes, s.events, s.links from ${asked}`,
};

/** A span as it is answered: its times are integers that JavaScript's numbers can't hold, so it stays the text that the database made. */
export interface SpanText {
  readonly traceId: string;
  readonly json: string;
}

/** Reads spans: first which there are, then some of them at a time. */
@Injectable()
export class SpanReadsStore {
  /** The spans of some traces, trace by trace: of each its root first, then by time. */
  async outline(session: Session, traceIds: readonly string[]): Promise<SizedSpan[]> {
    const rows = await session.run<{ trace_id: string; span_id: string; bytes: string }>(outline, [traceIds]);
    return rows.map((row) => ({ traceId: row.trace_id, spanId: row.span_id, bytes: Number(row.bytes) }));
  }

  async texts(session: Session, spans: readonly SizedSpan[]): Promise<SpanText[]> {
    return session.run<SpanText>(texts, keysOf(spans));
  }

  async stored(session: Session, spans: readonly SizedSpan[]): Promise<StoredSpan[]> {
    const rows = await session.run<StoredRow>(stored, keysOf(spans));
    return rows.map((row) => ({
      traceId: row.trace_id,
      spanId: row.span_id,
      parentSpanId: row.parent_span_id,
      name: row.name,
      startNs: row.start_ns,
      endNs: row.end_ns,
      status: row.status,
      statusMessage: row.status_message,
      attributes: row.attributes,
      events: row.events,
      links: row.links,
    }));
  }
}

interface StoredRow {
  trace_id: string;
  span_id: string;
  parent_span_id: string | null;
  name: string;
  start_ns: string;
  end_ns: string | null;
  status: SpanStatus;
  status_message: string | null;
  attributes: KeyValue[];
  events: SpanEvent[];
  links: SpanLink[];
}

function keysOf(spans: readonly SizedSpan[]): [string[], string[]] {
  return [spans.map(({ traceId }) => traceId), spans.map(({ spanId }) => spanId)];
}
