let made = 0;

/** A span of OTLP's JSON. */
export function aSpan(trace: string, id: string, more: object = {}): object {
  return {
    traceId: trace,
    spanId: id,
    name: `span ${id}`,
    startTimeUnixNano: '1544712660123456789',
    endTimeUnixNano: '1544712661623456789',
    status: {},
    ...more,
  };
}

/** An export in OTLP's JSON. */
export function anExport(spans: readonly object[], resource: readonly object[] = []): string {
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ spans }] }] });
}

/** 32 hex digits, others each time. */
export function newTraceId(): string {
  made += 1;
  return made.toString(16).padStart(32, 'a');
}
