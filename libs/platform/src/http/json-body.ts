import { AppError } from './app-error.js';

const depthLimit = 64;
/** The text that a body was parsed from, for as long as the body is alive: only a refusal looks at it. */
const sources = new WeakMap<object, string>();
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a JSON body. Empty means `{}`; a JSON string that itself holds JSON is unwrapped, as very old MLflow clients send it.
 * @throws {AppError} on malformed JSON, nesting deeper than 64, a NUL character (which Postgres can't store), and text that is no Unicode
 * (bytes that are no UTF-8, unpaired surrogates): it would be stored as something else than was sent.
 */
export function parseJsonBody(bytes: Uint8Array | string): unknown {
  const text = typeof bytes === 'string' ? bytes : decoded(bytes);
  if (text.trim() === '') return {};
  refuseDeep(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (typeof value === 'string' && value.trimStart().startsWith('{')) {
      refuseDeep(Buffer.from(value)); // quoted as it was, the look above passed it over
      value = JSON.parse(value);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('BAD_REQUEST', 'The body is not JSON: check its quotes, commas and brackets.');
  }
  if (value === null) throw new AppError('INVALID_PARAMETER_VALUE', 'The body must be a JSON object.');
  if (text.includes('\\u') && /\\ud[89a-f]/i.test(text) && holdsText(value, (each) => !each.isWellFormed())) {
    throw new AppError('INVALID_PARAMETER_VALUE', 'The body holds half of a surrogate pair: send whole characters.');
  }
  if (text.includes('\\u0000') && findNul(value))
    throw new AppError('INVALID_PARAMETER_VALUE', 'The body holds a NUL character: remove it.');
  if (typeof value === 'object') sources.set(value, text);
  return value;
}

/** Whether a whole number was written with a point or an exponent, as `9.0`: JavaScript can't tell it from `9`, MLflow's messages do. */
export function wasWrittenAsFloat(body: unknown, path: readonly PropertyKey[]): boolean {
  const text = typeof body === 'object' && body !== null ? sources.get(body) : undefined;
  if (text === undefined) return false;
  const isFloat = Symbol('float');
  let at: unknown = JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && /[.eE]/.test(context?.source ?? '') ? isFloat : value,
  );
  for (const part of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined;
  return at === isFloat;
}

/** Whether any text in a value holds U+0000. */
export function findNul(value: unknown): boolean {
  return holdsText(value, (text) => text.includes('\0'));
}

function holdsText(value: unknown, looksFor: (text: string) => boolean): boolean {
  if (typeof value === 'string') return looksFor(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => looksFor(key) || holdsText(inner, looksFor));
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new AppError('BAD_REQUEST', 'The body is not UTF-8: send JSON in that encoding.');
  }
}

/** What a byte means for nesting; every other byte is passed over, which keeps the scan of a long body cheap. */
const quote = 1;
const escape = 2;
const open = 3;
const close = 4;
const meanings = new Uint8Array(256);
meanings[0x22] = quote;
meanings[0x5c] = escape;
meanings[0x7b] = meanings[0x5b] = open;
meanings[0x7d] = meanings[0x5d] = close;

function refuseDeep(bytes: Uint8Array): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const meaning = meanings[bytes[at] ?? 0];
    if (meaning === 0) continue;
    if (meaning === quote) quoted = !quoted;
    else if (meaning === escape) at += 1;
    else if (!quoted) depth += meaning === open ? 1 : -1;
    if (depth > depthLimit) throw new AppError('BAD_REQUEST', `The body is nested deeper than ${depthLimit} levels.`);
  }
}
