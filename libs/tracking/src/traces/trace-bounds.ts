/** How much the spans of one trace come to: their number, and the bytes of their JSON. */
export interface SpanTotals {
  readonly spans: number;
  readonly bytes: number;
}

/** Most that one trace may hold. A trace is read whole, so this also bounds what one answer takes. */
export const traceBounds: SpanTotals = { spans: 50_000, bytes: 64 * 1024 * 1024 };

/** Most bytes of spans that one answer gives, over all of its traces. */
export const answerBytes = 128 * 1024 * 1024;

/** A span that is about to be stored. */
export interface SizedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly bytes: number;
}

/** What of some spans finds room in their traces, and what each of those traces gains by it. */
export interface Fit<T extends SizedSpan> {
  readonly kept: readonly T[];
  readonly refused: readonly T[];
  readonly gains: ReadonlyMap<string, SpanTotals>;
}

/**
 * Takes spans in their order as long as their traces have room. One that is there already takes the place that it has, however full the
 * trace is, unless it has grown beyond the bytes.
 * @param held what the traces hold so far, by trace.
 * @param present bytes of those of the spans that are there already, by {@link placeOf}.
 */
export function fitSpans<T extends SizedSpan>(
  spans: readonly T[],
  held: ReadonlyMap<string, SpanTotals>,
  present: ReadonlyMap<string, number>,
  bounds: SpanTotals = traceBounds,
): Fit<T> {
  const kept: T[] = [];
  const refused: T[] = [];
  const gains = new Map<string, SpanTotals>();
  for (const span of spans) {
    const before = held.get(span.traceId) ?? { spans: 0, bytes: 0 };
    const gained = gains.get(span.traceId) ?? { spans: 0, bytes: 0 };
    const earlier = present.get(placeOf(span));
    const more = { spans: earlier === undefined ? 1 : 0, bytes: span.bytes - (earlier ?? 0) };
    const after = { spans: gained.spans + more.spans, bytes: gained.bytes + more.bytes };
    const fits =
      (more.spans === 0 || before.spans + after.spans <= bounds.spans) &&
      (more.bytes <= 0 || before.bytes + after.bytes <= bounds.bytes);
    if (!fits) {
      refused.push(span);
      continue;
    }
    kept.push(span);
    gains.set(span.traceId, after);
  }
  return { kept, refused, gains };
}

/** Names one span among all. */
export function placeOf({ traceId, spanId }: { traceId: string; spanId: string }): string {
  return `${traceId}/${spanId}`;
}
