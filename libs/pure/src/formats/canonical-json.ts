/** What JSON can say. An `undefined` member of an object counts as absent. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

/** A value that has no canonical JSON form; `path` says where it stands (`$.after.score`). */
export class NotCanonicalisableError extends Error {
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(`${path} ${problem}`);
    this.name = 'NotCanonicalisableError';
  }
}

/**
 * The one canonical text of a JSON value (RFC 8785): no whitespace, members ordered by their UTF-16 code units, numbers and
 * strings as ECMAScript writes them. Takes `unknown` since callers hold parsed or typed objects alike.
 *
 * Refused instead of silently changed: NaN, infinities, bigints, functions, symbols, class instances (dates too), sparse or
 * `undefined` elements of arrays, cycles, and strings with a lone surrogate, which have no UTF-8 form (RFC 7493 §2.1).
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', new Set());
}

/** UTF-8 bytes of `canonicalJson`: what gets hashed. */
export function canonicalJsonBytes(value: unknown): Uint8Array {
  return encoder.encode(canonicalJson(value));
}

const encoder = new TextEncoder();

function write(value: unknown, path: string, open: Set<object>): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'string':
      return writeString(value, path);
    case 'number':
      if (!Number.isFinite(value)) throw new NotCanonicalisableError(path, `is ${value}, which JSON has no form for`);
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (open.has(value)) throw new NotCanonicalisableError(path, 'contains itself');
      open.add(value);
      const text = Array.isArray(value) ? writeArray(value, path, open) : writeObject(value, path, open);
      open.delete(value);
      return text;
    }
    default:
      throw new NotCanonicalisableError(path, `is of type ${typeof value}, which JSON has no form for`);
  }
}

function writeString(value: string, path: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new NotCanonicalisableError(path, 'contains half of a surrogate pair');
  return JSON.stringify(value);
}

function writeArray(values: readonly unknown[], path: string, open: Set<object>): string {
  const parts: string[] = [];
  for (let i = 0; i < values.length; i++) parts.push(write(values[i], `${path}[${i}]`, open));
  return `[${parts.join(',')}]`;
}

function writeObject(value: object, path: string, open: Set<object>): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotCanonicalisableError(path, `is an instance of ${value.constructor.name}, not a plain object`);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const parts = members.map(([name, member]) => `${writeString(name, path)}:${write(member, `${path}.${name}`, open)}`);
  return `{${parts.join(',')}}`;
}
