import { cutText } from '@assay/pure/mlflow-wire';
import type { Span, SpanEvent, SpanLink, SpanStatus } from '../span.js';
import { type IdForm, idOf, integerOf, listOf, OtlpDataError, readKeyValues, recordOf, textOf } from './read-values.js';

const longestName = 1000;
const mostEntries = 10_000;
const statusCodes: readonly SpanStatus[] = ['UNSET', 'OK', 'ERROR'];

/** Reads one span; a text says why it can't be stored. */
export function readSpan(given: Readonly<Record<string, unknown>>, ids: IdForm): Span | string {
  const traceId = idOf(given.traceId, ids, 16, 'traceId');
  const spanId = idOf(given.spanId, ids, 8, 'spanId');
  if (traceId === null) return 'a span has no valid trace id';
  if (spanId === null) return 'a span has no valid span id';
  const startNs = integerOf(given.startTimeUnixNano, 'startTimeUnixNano');
  const endNs = integerOf(given.endTimeUnixNano, 'endTimeUnixNano');
  if (!isTime(startNs) || !isTime(endNs)) return 'a span lies outside the times that can be stored';
  const events = listOf(given.events, 'events');
  const links = listOf(given.links, 'links');
  if (events.length > mostEntries || links.length > mostEntries)
    return `a span has more than ${mostEntries} events or links`;
  const { code, message } = given.status === undefined || given.status === null ? {} : recordOf(given.status, 'status');
  return {
    traceId,
    spanId,
    parentSpanId: idOf(given.parentSpanId, ids, 8, 'parentSpanId'),
    name: cutText(textOf(given.name, 'name'), longestName),
    kind: kindOf(given.kind),
    startNs,
    endNs: endNs === 0n ? null : endNs,
    status: statusOf(code),
    statusMessage: textOf(message, 'status.message') || null,
    traceState: textOf(given.traceState, 'traceState') || null,
    flags: Number(BigInt.asUintN(32, integerOf(given.flags, 'flags'))),
    attributes: readKeyValues(given.attributes, 'attributes'),
    events: events.map(readEvent),
    links: links.flatMap((link) => readLink(recordOf(link, 'links'), ids)),
  };
}

function readEvent(given: unknown): SpanEvent {
  const { timeUnixNano, name, attributes } = recordOf(given, 'events');
  const time = integerOf(timeUnixNano, 'events.timeUnixNano');
  if (BigInt.asUintN(64, time) !== time)
    throw new OtlpDataError('Invalid OpenTelemetry format: events.timeUnixNano is no time');
  return {
    time_unix_nano: String(time),
    name: cutText(textOf(name, 'events.name'), longestName),
    attributes: readKeyValues(attributes, 'events.attributes'),
  };
}

/** A link to nowhere is left out, as MLflow leaves it out. */
function readLink(given: Readonly<Record<string, unknown>>, ids: IdForm): SpanLink[] {
  const traceId = idOf(given.traceId, ids, 16, 'links.traceId');
  const spanId = idOf(given.spanId, ids, 8, 'links.spanId');
  if (traceId === null || spanId === null) return [];
  const traceState = textOf(given.traceState, 'links.traceState');
  return [
    {
      trace_id: Buffer.from(traceId, 'hex').toString('base64'),
      span_id: Buffer.from(spanId, 'hex').toString('base64'),
      ...(traceState === '' ? {} : { trace_state: traceState }),
      attributes: readKeyValues(given.attributes, 'links.attributes'),
    },
  ];
}

/** Nanoseconds since 1970 that a bigint holds: until 2262. */
function isTime(ns: bigint): boolean {
  return ns >= 0n && BigInt.asIntN(64, ns) === ns;
}

function kindOf(given: unknown): number {
  return typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= 5 ? given : 0;
}

function statusOf(code: unknown): SpanStatus {
  if (typeof code === 'number') return statusCodes[code] ?? 'UNSET';
  return statusCodes.find((name) => code === `STATUS_CODE_${name}`) ?? 'UNSET';
}
