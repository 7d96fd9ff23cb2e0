import { pythonJson } from './python-json.js';
import type { AnyValue, KeyValue, SpanEvent, SpanLink, SpanStatus } from './span.js';

/** A span as it is stored; times are decimal digits. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly startNs: string;
  readonly endNs: string | null;
  readonly status: SpanStatus;
  readonly statusMessage: string | null;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

/** The file `traces.json` as MLflow's client writes it: every attribute of a span is JSON in a text, times are integers of nanoseconds. */
export async function* spanFile(spans: AsyncIterable<StoredSpan> | Iterable<StoredSpan>): AsyncGenerator<string> {
  let before = '{"spans": [';
  for await (const span of spans) {
    yield before + spanJson(span);
    before = ', ';
  }
  yield before === ', ' ? ']}' : `${before}]}`;
}

function spanJson(span: StoredSpan): string {
  const attributes = Object.fromEntries(span.attributes.map(({ key, value }) => [key, valueJson(value)]));
  const fields = {
    trace_id: JSON.stringify(base64(span.traceId.replace(/^tr-/, ''))),
    span_id: JSON.stringify(base64(span.spanId)),
    parent_span_id: span.parentSpanId === null ? 'null' : JSON.stringify(base64(span.parentSpanId)),
    name: JSON.stringify(span.name),
    start_time_unix_nano: span.startNs,
    end_time_unix_nano: span.endNs ?? 'null',
    events: `[${span.events.map(eventJson).join(', ')}]`,
    status: pythonJson({ code: `STATUS_CODE_${span.status}`, message: span.statusMessage ?? '' }),
    attributes: pythonJson(attributes),
    links: `[${span.links.map(linkJson).join(', ')}]`,
  };
  return objectJson(Object.entries(fields));
}

function eventJson({ name, time_unix_nano: time, attributes }: SpanEvent): string {
  return `{"name": ${JSON.stringify(name)}, "time_unix_nano": ${time}, "attributes": ${mapJson(attributes)}}`;
}

function linkJson(link: SpanLink): string {
  const trace = `tr-${hex(link.trace_id)}`;
  const attributes = link.attributes.length === 0 ? 'null' : mapJson(link.attributes);
  return `{"trace_id": "${trace}", "span_id": "${hex(link.span_id)}", "attributes": ${attributes}}`;
}

/** A value as JSON that keeps what is an integer and what is not apart, as Python's does. */
function valueJson(value: AnyValue): string {
  if ('string_value' in value) return JSON.stringify(value.string_value);
  if ('bool_value' in value) return String(value.bool_value);
  if ('int_value' in value) return String(value.int_value);
  if ('double_value' in value) return doubleJson(value.double_value);
  if ('bytes_value' in value) return JSON.stringify(value.bytes_value);
  if ('array_value' in value) return `[${value.array_value.values.map(valueJson).join(', ')}]`;
  return 'kvlist_value' in value ? mapJson(value.kvlist_value.values) : 'null';
}

function mapJson(pairs: readonly KeyValue[]): string {
  return objectJson(pairs.map(({ key, value }) => [key, valueJson(value)]));
}

function objectJson(entries: readonly (readonly [key: string, json: string])[]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)}: ${json}`).join(', ')}}`;
}

function doubleJson(value: number | string): string {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e16
    ? value.toFixed(1)
    : String(value);
}

function base64(digits: string): string {
  return Buffer.from(digits, 'hex').toString('base64');
}

function hex(text: string): string {
  return Buffer.from(text, 'base64').toString('hex');
}
