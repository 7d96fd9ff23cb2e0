import type { MetricColumns } from '@assay/pure/formats';
import { handOver } from '../sending/hand-over.js';

/** Some points of a run's history: those from one place up to another. */
export interface HistoryPart {
  readonly key: string;
  /** Given where one answer holds several runs. */
  readonly runId?: string;
  readonly points: MetricColumns;
  readonly from: number;
  readonly to: number;
}

const pointsAtOnce = 4096;
/** Short pieces are sent together. */
const enoughBytes = 128 * 1024;
const opening = '{"metrics":[';
const comma = ',';

/**
 * JSON of the points, in pieces: a history is far larger as text than packed, so it is written while it is sent.
 * @param end what follows the points, asked for when they have been written.
 * @param empty the answer without any point.
 */
export async function* historyJson(
  parts: AsyncIterable<HistoryPart> | Iterable<HistoryPart>,
  end: () => string,
  empty: string,
): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let none = true;
  for await (const part of parts)
    for (let from = part.from; from < part.to; from += pointsAtOnce) {
      if (heldBytes >= enoughBytes) {
        yield handOver(joined(held));
        held = [];
        heldBytes = 0;
      }
      const piece = pointsJson(part, from, Math.min(part.to, from + pointsAtOnce), none ? opening : comma);
      held.push(piece);
      heldBytes += piece.length;
      none = false;
    }
  yield none ? Buffer.from(empty) : handOver(joined([...held, Buffer.from(`]${end()}}`)]));
}

/** One needs no copy. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [first, second] = pieces;
  return first !== undefined && second === undefined ? first : Buffer.concat(pieces);
}

const commaByte = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const bracket = 0x5d;
const notANumber = Buffer.from('"NaN"');
const timestampName = Buffer.from(',"timestamp":');
const stepName = Buffer.from(',"step":');

/**
 * Points as JSON, commas between them and something before them. They are nearly the same bytes each time, so they are written straight into the answer: half of what
 * `JSON.stringify` takes for an object each. Doubles alone are hard to write; it does them fastest, as one list, and they are taken out of that.
 */
function pointsJson({ key, runId, points }: HistoryPart, from: number, to: number, before: string): Buffer {
  const { timestamps, steps, values } = points;
  const opened = Buffer.from(`{"key":${JSON.stringify(key)},"value":`);
  const closed = Buffer.from(runId === undefined ? '}' : `,"run_id":${JSON.stringify(runId)}}`);
  const doubles = Buffer.from(JSON.stringify(Array.from(values.subarray(from, to))), 'latin1');
  const integers = longestInteger(timestamps, from, to) + longestInteger(steps, from, to);
  const names = opened.length + timestampName.length + stepName.length + closed.length;
  const json = Buffer.allocUnsafeSlow(before.length + doubles.length + (to - from) * (names + integers + 1));
  let at = json.write(before, 'latin1');
  let next = 1; // behind the bracket
  for (let place = from; place < to; place += 1) {
    if (place > from) {
      json[at] = commaByte;
      at += 1;
    }
    at = write(json, opened, at);
    const start = at;
    for (let byte = doubles[next]; byte !== commaByte && byte !== bracket; byte = doubles[next]) {
      json[at] = byte ?? zero;
      at += 1;
      next += 1;
    }
    next += 1;
    if (Number.isNaN(values[place])) at = write(json, notANumber, start); // in the list it is null
    at = write(json, timestampName, at);
    at = writeInteger(json, timestamps[place] ?? 0, at);
    at = write(json, stepName, at);
    at = writeInteger(json, steps[place] ?? 0, at);
    at = write(json, closed, at);
  }
  return json.subarray(0, at);
}

/** Digits and sign of the longest of some safe integers. */
function longestInteger(column: Float64Array, from: number, to: number): number {
  let largest = 0;
  for (let place = from; place < to; place += 1) largest = Math.max(largest, Math.abs(column[place] ?? 0));
  return String(largest).length + 1;
}

/** For some bytes a loop is cheaper than a call into the system's copy. */
function write(json: Buffer, bytes: Buffer, at: number): number {
  for (let place = 0; place < bytes.length; place += 1) json[at + place] = bytes[place] ?? zero;
  return at + bytes.length;
}

const million = 1_000_000;

/** A safe integer in digits, six at a time: V8 divides small integers many times faster than large ones. */
function writeInteger(json: Buffer, value: number, at: number): number {
  if (value < 0) {
    json[at] = minus;
    return writeInteger(json, -value, at + 1);
  }
  if (value < million) return writeDigits(json, value, at, digitsOf(value));
  const high = Math.floor(value / million);
  return writeDigits(json, value - high * million, writeInteger(json, high, at), 6);
}

function writeDigits(json: Buffer, value: number, at: number, digits: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    const tenth = (rest / 10) | 0;
    json[place] = zero + rest - 10 * tenth;
    rest = tenth;
  }
  return at + digits;
}

function digitsOf(value: number): number {
  if (value < 1000) return value < 10 ? 1 : value < 100 ? 2 : 3;
  return value < 10_000 ? 4 : value < 100_000 ? 5 : 6;
}
