import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { readPlainLogBatch, readPlainLogMetric } from './plain-log.js';
import { logBatchRequest, logMetricRequest } from './runs.js';

/** Fields as clients send them, with now and then one that only the schema can judge. */
const sometimes = <T>(plain: fc.Arbitrary<T>, ...odd: fc.Arbitrary<unknown>[]) =>
  fc.oneof({ weight: 40, arbitrary: plain }, ...odd.map((arbitrary) => ({ weight: 1, arbitrary })));
const odd = fc.anything({ maxDepth: 1 });
const key = sometimes(
  fc.stringMatching(/^[a-z]{1,3}( |\/|\.)?[a-z]{1,3}$/),
  odd,
  fc.constantFrom('', '../a', 'a//b', '.', 'a$', 'ä', 'x'.repeat(250), 'x'.repeat(251), '/a', 'a/'),
);
const text = sometimes(
  fc.string({ maxLength: 5 }),
  odd,
  fc.constantFrom('\0', '\ud800', 'x'.repeat(6000), 'x'.repeat(6001), 'x'.repeat(8000), 'x'.repeat(8001)),
);
const integer = sometimes(
  fc.maxSafeInteger(),
  odd,
  fc.constantFrom(-0, 0, 1.5, 2 ** 53, -1, '7', '-7', Number.MAX_SAFE_INTEGER, null),
);
const value = sometimes(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  odd,
  fc.constantFrom('NaN', 'Infinity', Infinity, Number.NaN, -0, '1.5', null, true),
);
const metric = fc.record(
  {
    key,
    value,
    timestamp: integer.map((each) => (typeof each === 'number' ? Math.abs(each) : each)),
    step: integer,
    model_id: fc.constant('m-1'),
    other: odd,
  },
  { requiredKeys: ['key', 'value', 'timestamp'] },
);
const plainMetric = fc.record(
  {
    key: fc.stringMatching(/^[a-z]{1,4}$/),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    timestamp: fc.maxSafeNat(),
    step: fc.maxSafeInteger(),
  },
  { requiredKeys: ['key', 'value', 'timestamp'] },
);
const entry = fc.record({ key, value: text, other: odd }, { requiredKeys: ['key', 'value'] });
const plainEntry = fc.record({ key: fc.stringMatching(/^[a-z]{1,4}$/), value: fc.string() });
const listOf = (plain: fc.Arbitrary<unknown>, any: fc.Arbitrary<unknown>) =>
  sometimes(
    fc.array(plain, { maxLength: 8 }),
    fc.array(any, { maxLength: 3 }),
    fc.array(plain, { minLength: 101, maxLength: 105 }),
    odd,
  );
const run = { run_id: sometimes(fc.stringMatching(/^[0-9a-f]{32}$/), odd), run_uuid: text, runId: text };
const lists = {
  metrics: listOf(plainMetric, metric),
  params: listOf(plainEntry, entry),
  tags: listOf(plainEntry, entry),
};
const batch = fc.oneof(
  fc.record({ run_id: run.run_id, ...lists }),
  fc.record({ ...run, ...lists, other: odd }, { requiredKeys: ['run_id'] }),
);

function agrees(read: (input: object) => object | null, schema: z.ZodType, input: object): boolean {
  const plain = read(input);
  if (plain === null) return false;
  const judged = schema.safeParse(input);
  expect(judged.error).toBeUndefined();
  expect(plain).toEqual(judged.data);
  return true;
}

describe('the plain readers', () => {
  it('answer for a log-batch what its schema answers, or nothing', () => {
    let read = 0;
    fc.assert(
      fc.property(batch, (input) => void (read += Number(agrees(readPlainLogBatch, logBatchRequest, input)))),
      {
        numRuns: 10_000,
      },
    );
    expect(read).toBeGreaterThan(1000);
  });

  it('answer for a log-metric what its schema answers, or nothing', () => {
    let read = 0;
    const input = fc.oneof(
      fc.tuple(fc.record(run, { requiredKeys: ['run_id'] }), metric),
      fc.tuple(fc.record({ run_id: run.run_id, run_uuid: run.run_uuid }), plainMetric),
    );
    fc.assert(
      fc.property(
        input,
        ([named, fields]) =>
          void (read += Number(agrees(readPlainLogMetric, logMetricRequest, { ...named, ...fields }))),
      ),
      { numRuns: 10_000 },
    );
    expect(read).toBeGreaterThan(1000);
  });

  it('read what MLflow’s client sends', () => {
    const run_id = '0123456789abcdef0123456789abcdef';
    const point = { key: 'loss', value: 0.5, timestamp: 1_795_300_000_000, step: 3 };
    expect(readPlainLogMetric({ run_uuid: run_id, run_id, ...point })).toEqual({ run_id, ...point });
    const params = [{ key: 'a', value: '1' }];
    expect(readPlainLogBatch({ run_id, metrics: [point, point], params, tags: [] })).toEqual({
      run_id,
      metrics: [point, point],
      params,
      tags: [],
    });
  });

  it('leave to the schema what goes over the limits of a batch', () => {
    const point = { key: 'loss', value: 0.5, timestamp: 1, step: 3 };
    const entries = Array.from({ length: 100 }, (_, place) => ({ key: `k${place}`, value: '' }));
    expect(readPlainLogBatch({ run_id: 'a', metrics: Array(1000).fill(point) })).not.toBeNull();
    expect(readPlainLogBatch({ run_id: 'a', metrics: Array(1001).fill(point) })).toBeNull();
    expect(readPlainLogBatch({ run_id: 'a', metrics: Array(901).fill(point), params: entries })).toBeNull();
    expect(readPlainLogBatch({ run_id: 'a', params: [entries[0], entries[0]] })).toBeNull();
  });
});
