/**
 * Arrays as parameters in Postgres's binary form (`array_recv` in its source: dimensions, a null flag, the element type, then each element
 * behind its length). The text form that `pg` writes costs several times as much for a thousand numbers, and doubles it for bytes.
 */
const headerLength = 20;
const types = { int8: 20, float8: 701, text: 25, bytea: 17 } as const;

/** `bigint[]` of safe integers, or of any where they come as `bigint`. */
export function bigintArray(values: ArrayLike<number | bigint>): Buffer {
  const array = withHeader(types.int8, values.length, 12 * values.length);
  for (let place = 0, at = headerLength; place < values.length; place += 1, at += 12) {
    const value = values[place] ?? 0;
    array.writeInt32BE(8, at);
    if (typeof value === 'bigint') {
      array.writeBigInt64BE(value, at + 4);
      continue;
    }
    const high = Math.floor(value / 2 ** 32);
    array.writeInt32BE(high, at + 4);
    array.writeUInt32BE(value - high * 2 ** 32, at + 8);
  }
  return array;
}

/** `double precision[]`. */
export function doubleArray(values: ArrayLike<number>): Buffer {
  const array = withHeader(types.float8, values.length, 12 * values.length);
  for (let place = 0, at = headerLength; place < values.length; place += 1, at += 12) {
    array.writeInt32BE(8, at);
    array.writeDoubleBE(values[place] ?? 0, at + 4);
  }
  return array;
}

/** `text[]`. */
export function textArray(values: readonly string[]): Buffer {
  const lengths = values.map((value) => Buffer.byteLength(value));
  const array = withHeader(types.text, values.length, sum(lengths) + 4 * values.length);
  let at = headerLength;
  values.forEach((value, place) => {
    at = array.writeInt32BE(lengths[place] ?? 0, at);
    at += array.write(value, at);
  });
  return array;
}

/** `bytea[]`. */
export function byteaArray(values: readonly Uint8Array[]): Buffer {
  const array = withHeader(types.bytea, values.length, sum(values.map(({ length }) => length)) + 4 * values.length);
  let at = headerLength;
  for (const value of values) {
    at = array.writeInt32BE(value.length, at);
    array.set(value, at);
    at += value.length;
  }
  return array;
}

function withHeader(type: number, count: number, contentLength: number): Buffer {
  const array = Buffer.allocUnsafe(headerLength + contentLength);
  array.writeInt32BE(1, 0); // dimensions
  array.writeInt32BE(0, 4); // no nulls
  array.writeInt32BE(type, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16); // first subscript
  return array;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
