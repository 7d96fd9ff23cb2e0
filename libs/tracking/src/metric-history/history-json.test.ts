import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendable } from '../sending/sendable.js';
import { type HistoryPart, historyJson } from './history-json.js';

type Point = [timestamp: number, step: number, value: number];

function part(key: string, points: readonly Point[], runId?: string): HistoryPart {
  return {
    key,
    ...(runId === undefined ? {} : { runId }),
    points: {
      timestamps: Float64Array.from(points, ([timestamp]) => timestamp),
      steps: Float64Array.from(points, ([, step]) => step),
      values: Float64Array.from(points, ([, , value]) => value),
    },
    from: 0,
    to: points.length,
  };
}

async function textOf(parts: readonly HistoryPart[], end = '', empty = '{}'): Promise<string> {
  const answer = await sendable(historyJson(parts, () => end, empty));
  return String(answer instanceof Readable ? await buffer(answer) : answer);
}

const integer = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 9, 10, 99_999, 999_999, 1e6, 1e12 - 1, 1e12));
const points = fc.array(fc.tuple(integer, integer, fc.double({ noDefaultInfinity: true })), { maxLength: 40 });

describe('the JSON of a history', () => {
  it('is what JSON.stringify writes of each point, with NaN as MLflow writes it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), points, fc.option(fc.uuid(), { nil: undefined }))),
        async (parts) => {
          const expected = parts.flatMap(([key, each, run_id]) =>
            each.map(([timestamp, step, value]) => ({
              key,
              value: Number.isNaN(value) ? 'NaN' : value,
              timestamp,
              step,
              ...(run_id === undefined ? {} : { run_id }),
            })),
          );
          const text = await textOf(parts.map(([key, each, runId]) => part(key, each, runId)));
          expect(text).toBe(expected.length === 0 ? '{}' : JSON.stringify({ metrics: expected }));
        },
      ),
    );
  });

  it('of a short history is whole, of a long one a stream of pieces', async () => {
    const many = (count: number): HistoryPart =>
      part(
        'loss',
        Array.from({ length: count }, (_, place) => [1_800_000_000_000 + place, place, Math.sin(place)]),
      );
    expect(await sendable(historyJson([many(4096)], () => '', '{}'))).toBeInstanceOf(Buffer);
    const long = await sendable(historyJson([many(50_000)], () => '', '{}'));
    if (!(long instanceof Readable)) throw new Error('a long history is sent as it is written');
    let largest = 0;
    let length = 0;
    for await (const piece of long) {
      largest = Math.max(largest, piece.length);
      length += piece.length;
    }
    expect(largest).toBeLessThan(2 ** 20);
    expect(length).toBe((await textOf([many(50_000)])).length);
    expect(JSON.parse(await textOf([many(50_000)])).metrics).toHaveLength(50_000);
  });

  it('ends with what is known only then', async () => {
    expect(await textOf([part('a', [[1, 2, 3]])], ',"next_page_token":"x"')).toBe(
      '{"metrics":[{"key":"a","value":3,"timestamp":1,"step":2}],"next_page_token":"x"}',
    );
    expect(await textOf([], '', '{"metrics":[]}')).toBe('{"metrics":[]}');
  });
});
