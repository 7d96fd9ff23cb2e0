/**
 * How points of metrics are packed into one value: eight bytes a point for its value, and about two or none for its timestamp and step.
 *
 *     chunk   := 0x01  varint(zigzag(base timestamp))  varint(zigzag(base step))  section*
 *     section := varint(key)  varint(4 × count + 2 × even steps + even timestamps)  varint(length of what follows)
 *                count × float64 little endian     values
 *                column of timestamps, ms since 1970
 *                column of steps
 *     column  := count × varint(zigzag(number − the one before; first: base))
 *              | the first two of these, where all behind the first are the same (the column is even)
 *
 * A section holds points of one key (the number that stands for a metric's name) in any order. A reader that wants one key jumps over the other
 * sections by their length. Timestamps and steps are safe integers. Every NaN is the same NaN; -0 stays -0.
 */

/** Points as columns of equal length: what arrives, and what a chart or a history needs. */
export interface MetricPoints {
  readonly timestamps: ArrayLike<number>;
  readonly steps: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Points of one metric, under the number of its key. */
export interface MetricSeries extends MetricPoints {
  readonly key: number;
}

/** Points as they come out of a chunk. */
export interface MetricColumns extends MetricPoints {
  readonly timestamps: Float64Array;
  readonly steps: Float64Array;
  readonly values: Float64Array;
}

const format = 1;
const longestVarint = 8; // 7 bits each: zigzag of a difference of two safe integers has at most 55

/** Packs series into one chunk. An empty series leaves no trace. */
export function encodeMetricChunk(series: readonly MetricSeries[]): Uint8Array {
  const filled = series.filter(({ values }) => values.length > 0);
  const points = filled.reduce((sum, { values }) => sum + values.length, 0);
  const writer = new Writer(
    1 + 2 * longestVarint + filled.length * 3 * longestVarint + points * (8 + 2 * longestVarint),
  );
  const baseTimestamp = filled[0]?.timestamps[0] ?? 0;
  const baseStep = filled[0]?.steps[0] ?? 0;
  writer.byte(format);
  writer.signed(baseTimestamp);
  writer.signed(baseStep);
  for (const { key, timestamps, steps, values } of filled) {
    const even = [isEven(timestamps), isEven(steps)] as const;
    writer.varint(key);
    writer.varint(4 * values.length + 2 * Number(even[1]) + Number(even[0]));
    writer.behindItsLength(values.length * (8 + 2 * longestVarint), () => {
      writer.doubles(values);
      writer.differences(timestamps, baseTimestamp, even[0]);
      writer.differences(steps, baseStep, even[1]);
    });
  }
  return writer.written().slice();
}

/** Whether the numbers of a column are equally far apart. */
function isEven(column: ArrayLike<number>): boolean {
  const distance = (column[1] ?? 0) - (column[0] ?? 0);
  for (let place = 2; place < column.length; place += 1)
    if ((column[place] ?? 0) - (column[place - 1] ?? 0) !== distance) return false;
  return Number.isSafeInteger(distance);
}

/** The keys of a chunk with how many points it has of each. */
export function metricChunkKeys(bytes: Uint8Array): { key: number; count: number }[] {
  const reader = Reader.of(bytes);
  return [...reader.sections()].map(({ key, count }) => ({ key, count }));
}

/** Every series of a chunk. */
export function decodeMetricChunk(bytes: Uint8Array): (MetricSeries & MetricColumns)[] {
  const reader = Reader.of(bytes);
  return [...reader.sections()].map((section) => ({ key: section.key, ...reader.points(section) }));
}

/** The points that a chunk has of one key, in the order in which they were packed; none is an empty answer. */
export function decodeMetricPoints(bytes: Uint8Array, key: number): MetricColumns {
  const reader = Reader.of(bytes);
  const found = [...reader.sections()].filter((section) => section.key === key);
  return joined(found.map((section) => reader.points(section)));
}

/**
 * One history of several pieces: by timestamp, step and value (NaN last), each point once. A point is known by timestamp, step and value
 * together, so what a client sent twice stands in a history once.
 */
export function mergeMetricPoints(pieces: readonly MetricPoints[]): MetricColumns {
  const { timestamps, steps, values } = joined(pieces);
  const compare = (one: number, other: number): number =>
    difference(timestamps, one, other) || difference(steps, one, other) || compareValues(values[one], values[other]);
  const order = new Uint32Array(values.length).map((_, place) => place);
  let sorted = true;
  for (let place = 1; place < order.length && sorted; place += 1) sorted = compare(place - 1, place) < 0;
  if (sorted) return { timestamps, steps, values };
  order.sort(compare);
  const kept = order.filter((point, place) => place === 0 || compare(order[place - 1] ?? 0, point) !== 0);
  const pick = (column: Float64Array): Float64Array =>
    Float64Array.from({ length: kept.length }, (_, place) => column[kept[place] ?? 0] ?? 0);
  return { timestamps: pick(timestamps), steps: pick(steps), values: pick(values) };
}

function difference(column: Float64Array, one: number, other: number): number {
  return (column[one] ?? 0) - (column[other] ?? 0);
}

/** As Postgres orders them: NaN above everything and equal to itself, -0 equal to 0. */
function compareValues(one = 0, other = 0): number {
  if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function joined(pieces: readonly MetricPoints[]): MetricColumns {
  const total = pieces.reduce((sum, { values }) => sum + values.length, 0);
  const columns = {
    timestamps: new Float64Array(total),
    steps: new Float64Array(total),
    values: new Float64Array(total),
  };
  let at = 0;
  for (const piece of pieces) {
    columns.timestamps.set(piece.timestamps, at);
    columns.steps.set(piece.steps, at);
    columns.values.set(piece.values, at);
    at += piece.values.length;
  }
  return columns;
}

class Writer {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  byte(value: number): void {
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** What `write` writes, of so many bytes at most, behind a varint of its length: room is left for that, and closed up where it was too much. */
  behindItsLength(most: number, write: () => void): void {
    const start = this.length;
    const room = varintLength(most);
    this.length += room;
    write();
    const length = this.length - start - room;
    this.length = start;
    this.varint(length);
    if (this.length < start + room) this.bytes.copyWithin(this.length, start + room, start + room + length);
    this.length += length;
  }

  doubles(values: ArrayLike<number>): void {
    for (let place = 0; place < values.length; place += 1) {
      this.view.setFloat64(this.length, values[place] ?? 0, true);
      this.length += 8;
    }
  }

  differences(column: ArrayLike<number>, base: number, even: boolean): void {
    const written = even ? Math.min(2, column.length) : column.length;
    let before = base;
    for (let place = 0; place < written; place += 1) {
      const value = column[place] ?? 0;
      const step = value - before;
      // The difference of two far safe integers may be no safe integer itself.
      if (Number.isSafeInteger(step)) this.signed(step);
      else this.bigVarint(zigzagBig(BigInt(value) - BigInt(before)));
      before = value;
    }
  }

  /** Zigzag: 0, -1, 1, -2, … become 0, 1, 2, 3, … so that small numbers of both signs stay short. */
  signed(value: number): void {
    if (Math.abs(value) < 2 ** 52) this.varint(value < 0 ? -2 * value - 1 : 2 * value);
    else this.bigVarint(zigzagBig(BigInt(value)));
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  private bigVarint(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}

function zigzagBig(value: bigint): bigint {
  return value < 0n ? -2n * value - 1n : 2n * value;
}

interface Section {
  readonly key: number;
  readonly count: number;
  readonly evenTimestamps: boolean;
  readonly evenSteps: boolean;
  /** Where its values begin. */
  readonly at: number;
}

class Reader {
  private at = 0;
  private readonly view: DataView;

  private constructor(
    private readonly bytes: Uint8Array,
    private readonly baseTimestamp = 0,
    private readonly baseStep = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static of(bytes: Uint8Array): Reader {
    const head = new Reader(bytes);
    if (bytes[0] !== format) throw new RangeError(`a chunk of metric points has no format ${bytes[0] ?? 'at all'}`);
    head.at = 1;
    const reader = new Reader(bytes, head.add(0), head.add(0));
    reader.at = head.at;
    return reader;
  }

  *sections(): Generator<Section> {
    let at = this.at;
    while (at < this.bytes.length) {
      this.at = at;
      const key = this.varint();
      const counted = this.varint();
      const length = this.varint();
      const start = this.at;
      at = start + length;
      yield {
        key,
        count: Math.floor(counted / 4),
        evenTimestamps: counted % 2 === 1,
        evenSteps: counted % 4 >= 2,
        at: start,
      };
    }
  }

  points({ at, count, evenTimestamps, evenSteps }: Section): MetricColumns {
    const values = new Float64Array(count);
    for (let place = 0; place < count; place += 1) values[place] = this.view.getFloat64(at + 8 * place, true);
    this.at = at + 8 * count;
    return {
      timestamps: this.sums(count, this.baseTimestamp, evenTimestamps),
      steps: this.sums(count, this.baseStep, evenSteps),
      values,
    };
  }

  private sums(count: number, base: number, even: boolean): Float64Array {
    const column = new Float64Array(count);
    const read = even ? Math.min(2, count) : count;
    let sum = base;
    for (let place = 0; place < read; place += 1) {
      sum = this.add(sum);
      column[place] = sum;
    }
    const distance = (column[1] ?? 0) - (column[0] ?? 0);
    for (let place = read; place < count; place += 1) column[place] = (column[place - 1] ?? 0) + distance;
    return column;
  }

  /** The number that is a signed difference above another. */
  private add(before: number): number {
    const start = this.at;
    const coded = this.varint();
    if (coded <= Number.MAX_SAFE_INTEGER) return before + (coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2);
    this.at = start;
    const big = this.bigVarint();
    return Number(BigInt(before) + (big % 2n === 0n ? big / 2n : -(big + 1n) / 2n));
  }

  private varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  private bigVarint(): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7n;
    }
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new RangeError('a chunk of metric points ends early');
    this.at += 1;
    return byte;
  }
}
