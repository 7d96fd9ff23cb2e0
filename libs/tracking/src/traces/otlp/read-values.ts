import type { AnyValue, KeyValue } from '../span.js';

/** An export that can't be read; the message says what is wrong with it. */
export class OtlpDataError extends Error {
  override readonly name = 'OtlpDataError';
}

/** How ids are written: hex in OTLP's JSON, base64 where they came as protobuf's bytes. */
export type IdForm = 'hex' | 'base64';

const deepest = 32;
const mostPairs = 10_000;

export function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is no object`);
}

/** A repeated field; absent is empty. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is no list`);
}

/** Text as Postgres can store it: U+0000 and halves of surrogate pairs become U+FFFD. */
export function textOf(value: unknown, what: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is no text`);
  return value.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** A number that is given as one or as decimal text; 0 where it is absent. */
export function integerOf(value: unknown, what: string): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is no whole number`);
}

/** An id as hex digits with leading zeros; null where it is absent, of zeros only, or too long. */
export function idOf(value: unknown, form: IdForm, bytes: number, what: string): string | null {
  const text = textOf(value, what);
  const hex = form === 'base64' ? Buffer.from(text, 'base64').toString('hex') : text.toLowerCase();
  if (form === 'hex' && !/^[0-9a-f]*$/.test(hex))
    throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is not hex`);
  return hex.length > bytes * 2 || /^0*$/.test(hex) ? null : hex.padStart(bytes * 2, '0');
}

/** Attributes; of two with one key the last counts. */
export function readKeyValues(given: unknown, what: string): readonly KeyValue[] {
  const pairs = new Map<string, AnyValue>();
  for (const entry of listOf(given, what)) {
    const { key, value } = recordOf(entry, what);
    pairs.set(textOf(key, what), readAnyValue(value, what, 1));
    if (pairs.size > mostPairs) throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} has too many entries`);
  }
  return [...pairs].map(([key, value]) => ({ key, value }));
}

function readAnyValue(given: unknown, what: string, depth: number): AnyValue {
  if (given === undefined || given === null) return {};
  if (depth > deepest) throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is nested too deep`);
  const value = recordOf(given, what);
  if (value.stringValue !== undefined) return { string_value: textOf(value.stringValue, what) };
  if (value.boolValue !== undefined) return { bool_value: value.boolValue === true || value.boolValue === 'true' };
  if (value.intValue !== undefined) return { int_value: int64(integerOf(value.intValue, what), what) };
  if (value.doubleValue !== undefined) return { double_value: double(value.doubleValue, what) };
  if (value.bytesValue !== undefined)
    return { bytes_value: Buffer.from(textOf(value.bytesValue, what), 'base64').toString('base64') };
  if (value.arrayValue !== undefined) {
    const { values } = recordOf(value.arrayValue, what);
    return { array_value: { values: listOf(values, what).map((each) => readAnyValue(each, what, depth + 1)) } };
  }
  if (value.kvlistValue !== undefined) {
    const { values } = recordOf(value.kvlistValue, what);
    const pairs = listOf(values, what).map((each) => {
      const pair = recordOf(each, what);
      return { key: textOf(pair.key, what), value: readAnyValue(pair.value, what, depth + 1) };
    });
    return { kvlist_value: { values: pairs } };
  }
  return {};
}

function int64(value: bigint, what: string): number | string {
  if (BigInt.asIntN(64, value) !== value) throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is no int64`);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function double(value: unknown, what: string): number | 'NaN' | 'Infinity' | '-Infinity' {
  const number =
    typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity'
      ? Number(value)
      : null;
  if (number === null) throw new OtlpDataError(`Invalid OpenTelemetry format: ${what} is no number`);
  if (Number.isFinite(number)) return number;
  if (Number.isNaN(number)) return 'NaN';
  return number > 0 ? 'Infinity' : '-Infinity';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
