import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMetricChunk,
  decodeMetricPoints,
  encodeMetricChunk,
  mergeMetricPoints,
  metricChunkKeys,
  type MetricPoints,
} from './metric-chunk.js';

const integer = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, 2 ** 52, -(2 ** 52), 2 ** 52 - 1),
);
const timestamp = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_001_000 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
);
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -0, 0),
);
const anyPoints = fc
  .array(fc.record({ timestamp, step: integer, value }), { maxLength: 30 })
  .map((rows) => columns(rows));
const evenPoints = fc
  .tuple(fc.array(value, { maxLength: 30 }), fc.integer(), fc.maxSafeInteger(), fc.integer({ min: 0, max: 5000 }))
  .map(([values, every, step, ms]) =>
    columns(
      values.map((each, place) => ({
        timestamp: place * ms,
        step: Math.trunc(step / 2) + place * every || 0,
        value: each,
      })),
    ),
  );
const points = fc.oneof(anyPoints, evenPoints);
const chunk = fc.uniqueArray(fc.record({ key: fc.maxSafeNat(), points }), {
  selector: ({ key }) => key,
  maxLength: 6,
});

function columns(rows: readonly { timestamp: number; step: number; value: number }[]): MetricPoints {
  return {
    timestamps: rows.map((row) => row.timestamp),
    steps: rows.map((row) => row.step),
    values: rows.map((row) => row.value),
  };
}

const plain = ({ timestamps, steps, values }: MetricPoints) => ({
  timestamps: Array.from(timestamps),
  steps: Array.from(steps),
  values: Array.from(values),
});

describe('a chunk of metric points', () => {
  it('gives back every point, with its exact numbers and in its order', () => {
    fc.assert(
      fc.property(chunk, (series) => {
        const bytes = encodeMetricChunk(series.map(({ key, points: each }) => ({ key, ...each })));
        const filled = series.filter(({ points: each }) => each.values.length > 0);
        expect(decodeMetricChunk(bytes).map(({ key, ...each }) => ({ key, points: plain(each) }))).toEqual(
          filled.map(({ key, points: each }) => ({ key, points: plain(each) })),
        );
        expect(metricChunkKeys(bytes)).toEqual(
          filled.map(({ key, points: each }) => ({ key, count: each.values.length })),
        );
        for (const { key, points: each } of series) expect(plain(decodeMetricPoints(bytes, key))).toEqual(plain(each));
      }),
      { numRuns: 300 },
    );
  });

  it('takes little more than its value for a point of a regular series', () => {
    const length = 1000;
    const bytes = encodeMetricChunk([
      {
        key: 7,
        timestamps: Array.from({ length }, (_, place) => 1_700_000_000_000 + place * 13),
        steps: Array.from({ length }, (_, place) => place),
        values: Array.from({ length }, (_, place) => Math.sin(place)),
      },
    ]);
    expect(bytes.length).toBeLessThan(8.05 * length);
  });

  it('reads one written by hand, as the format says', () => {
    const values = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0];
    const uneven = Uint8Array.of(1, 20, 3, 5, 12, 30, ...values, 0, 4, 2, 0, 1, 1);
    expect(plain(decodeMetricPoints(uneven, 5))).toEqual({
      timestamps: [10, 12, 13],
      steps: [-2, -3, -4],
      values: [1, -2, 0],
    });
    const even = { timestamps: [10, 12, 14], steps: [-2, -3, -4], values: [1, -2, 0] };
    const bytes = Uint8Array.of(1, 20, 3, 5, 15, 28, ...values, 0, 4, 0, 1);
    expect(plain(decodeMetricPoints(bytes, 5))).toEqual(even);
    expect(encodeMetricChunk([{ key: 5, ...even }])).toEqual(bytes);
    expect(plain(decodeMetricPoints(bytes, 6))).toEqual({ timestamps: [], steps: [], values: [] });
  });

  it('refuses bytes of another format and bytes that end early', () => {
    expect(() => decodeMetricChunk(Uint8Array.of(2, 0, 0))).toThrow('no format 2');
    expect(() => decodeMetricChunk(new Uint8Array())).toThrow('no format at all');
    expect(() => decodeMetricChunk(Uint8Array.of(1, 20))).toThrow('ends early');
  });
});

describe('merging', () => {
  it('orders by time, step and value and keeps each point once', () => {
    fc.assert(
      fc.property(fc.array(points, { maxLength: 4 }), fc.nat(), (pieces, repeated) => {
        const again = pieces[repeated % Math.max(1, pieces.length)];
        const merged = mergeMetricPoints(again === undefined ? pieces : [...pieces, again]);
        const tuples = (piece: MetricPoints): string[] =>
          Array.from(piece.values, (each, place) =>
            [piece.timestamps[place], piece.steps[place], Object.is(each, -0) ? 0 : each].join(' '),
          );
        const found = tuples(merged);
        expect(new Set(found)).toEqual(new Set(pieces.flatMap(tuples)));
        expect(found).toHaveLength(new Set(found).size);
        for (let place = 1; place < found.length; place += 1) {
          const at = (column: Float64Array, offset: number): number => column[place - offset] ?? 0;
          const time = at(merged.timestamps, 0) - at(merged.timestamps, 1);
          const step = at(merged.steps, 0) - at(merged.steps, 1);
          const [before, after] = [at(merged.values, 1), at(merged.values, 0)];
          expect(time > 0 || (time === 0 && (step > 0 || (step === 0 && !(before >= after))))).toBe(true);
          if (time === 0 && step === 0) expect(before).not.toBeNaN();
        }
      }),
    );
  });
});
