/** A value of an attribute, as MLflow's JSON of OTLP writes it. Integers beyond 2^53 are texts, so that no digit is lost. */
export type AnyValue =
  | { readonly string_value: string }
  | { readonly bool_value: boolean }
  | { readonly int_value: number | string }
  | { readonly double_value: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { readonly bytes_value: string }
  | { readonly array_value: { readonly values: readonly AnyValue[] } }
  | { readonly kvlist_value: { readonly values: readonly KeyValue[] } }
  /** No value at all. */
  | Readonly<Record<string, never>>;

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export interface SpanEvent {
  readonly time_unix_nano: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
}

export interface SpanLink {
  /** Base64, as all ids in MLflow's JSON of OTLP. */
  readonly trace_id: string;
  readonly span_id: string;
  readonly trace_state?: string;
  readonly attributes: readonly KeyValue[];
}

export type SpanStatus = 'UNSET' | 'OK' | 'ERROR';

/** One span as it arrived over OTLP. Times are nanoseconds since 1970. */
export interface Span {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint | null;
  readonly status: SpanStatus;
  readonly statusMessage: string | null;
  readonly traceState: string | null;
  readonly flags: number;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

/** A span with what made it: the attributes of its resource. */
export interface ExportedSpan {
  readonly span: Span;
  readonly resource: readonly KeyValue[];
}

/** MLflow's id of an OpenTelemetry trace. */
export function traceIdOf({ traceId }: Pick<Span, 'traceId'>): string {
  return `tr-${traceId}`;
}

/** A value without its type: what JSON makes of it. */
export function plainValue(value: AnyValue | undefined): unknown {
  if (value === undefined) return undefined;
  if ('string_value' in value) return value.string_value;
  if ('bool_value' in value) return value.bool_value;
  if ('int_value' in value) return value.int_value;
  if ('double_value' in value) return value.double_value;
  if ('bytes_value' in value) return value.bytes_value;
  if ('array_value' in value) return value.array_value.values.map((each) => plainValue(each) ?? null);
  if ('kvlist_value' in value)
    return Object.fromEntries(value.kvlist_value.values.map((each) => [each.key, plainValue(each.value) ?? null]));
  return null;
}

/** The value of an attribute; undefined where there is none. */
export function attributeOf(attributes: readonly KeyValue[], key: string): AnyValue | undefined {
  return attributes.find((each) => each.key === key)?.value;
}
