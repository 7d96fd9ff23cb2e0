import { type MetricColumns, mergeMetricPoints } from '@assay/pure/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryPage } from './history-pages.js';
import { sampleHistory } from './sample-history.js';

function history(steps: readonly number[]): MetricColumns {
  return {
    steps: Float64Array.from(steps),
    timestamps: Float64Array.from(steps.keys()),
    values: Float64Array.from(steps, (step) => step / 2),
  };
}
const upTo = (count: number, from = 0) => history(Array.from({ length: count }, (_, place) => place + from));

/** A history as it is read: by time, in pages of which a part is given. */
function pagesOf(points: MetricColumns, size = 7): () => Promise<AsyncGenerator<HistoryPage>> {
  async function* pages(): AsyncGenerator<HistoryPage> {
    for (let from = 0; from < points.values.length; from += size)
      yield { points, from, to: Math.min(from + size, points.values.length) };
  }
  return async () => pages();
}

async function stepsOf(points: MetricColumns, most: number, range: readonly number[] = [], held?: number) {
  const [startStep, endStep] = range;
  return [...((await sampleHistory(pagesOf(points), { most, startStep, endStep }, held))?.steps ?? [])];
}

describe('sampling a history', () => {
  // Each measured on a stock server.
  const measured: readonly [string, MetricColumns, number, number[]][] = [
    ['ten points to five', upTo(10), 5, [0, 2, 4, 6, 9]],
    ['twenty points to seven', upTo(20), 7, [0, 3, 6, 9, 12, 15, 19]],
    ['seven points to five', upTo(7, 2), 5, [2, 4, 6, 7, 8]],
    ['to one: the last', upTo(10), 1, [9]],
    ['fewer than may be', upTo(3), 5, [0, 1, 2]],
    ['none', history([]), 5, []],
  ];
  it.each([...measured, ['steps that came out of order', history([3, 1, 2]), 5, [1, 2, 3]]] as const)(
    'takes %s',
    async (_, points, most, steps) => {
      expect(await stepsOf(points, most)).toEqual(steps);
    },
  );
  it.each(measured)('takes the same where only places are held: %s', async (_, points, most, steps) => {
    expect(await stepsOf(points, most, [], 2)).toEqual(steps);
  });

  it('keeps within the steps asked for', async () => {
    expect(await stepsOf(upTo(10), 100, [2, 4])).toEqual([2, 3, 4]);
    expect(await stepsOf(upTo(100), 3, [20, 59], 5)).toEqual([20, 34, 59]);
  });

  it('takes the same of a history that is read twice, where steps go forward', async () => {
    const step = fc.integer({ min: -3, max: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), async (given, most) => {
        const points = mergeMetricPoints([history(given.toSorted((one, other) => one - other))]);
        expect(await sampleHistory(pagesOf(points), { most }, 10)).toEqual(
          await sampleHistory(pagesOf(points), { most }),
        );
      }),
    );
  });

  it('cuts a long one whose steps go back by time, and gives what it takes by step', async () => {
    const points = history([...Array.from({ length: 50 }, (_, step) => step), ...upTo(50).steps]);
    const steps = await stepsOf(points, 10, [], 20);
    expect(steps).toEqual([0, 0, 10, 10, 20, 20, 30, 30, 40, 49]);
  });

  it('knows no history of a run that is not there', async () => {
    expect(await sampleHistory(async () => null, { most: 5 })).toBe(null);
  });
});
