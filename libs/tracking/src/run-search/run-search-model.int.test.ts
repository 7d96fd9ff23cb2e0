import { ArtifactsModule } from '@assay/platform/artifacts';
import { type Comparison, type OrderTerm, printFilter, printOrderTerm } from '@assay/pure/mlflow-wire';
import { testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';
import { RunSearchStore } from './run-search.store.js';
import { type ModelRun, searchModel } from './run-search-model.builder.js';

const root = '/api/2.0/mlflow';
const count = 120;
const searches = 400;

/** Few keys and values, so that there are ties, and common and rare values. */
const keys = ['a', 'b c'] as const;
const words = ['x', 'X', 'xy', 'rare', '%', ''] as const;
const numbers = [Number.NaN, -1, 0, 0.5, 0.5, 2, Number.MAX_VALUE] as const;

const text = fc.oneof({ weight: 3, arbitrary: fc.constant('x') }, fc.constantFrom(...words));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const record = <T>(value: fc.Arbitrary<T>) => fc.record({ a: optional(value), 'b c': optional(value) });
const someRun = fc.record({
  experiment: fc.nat(2),
  startTime: fc.nat(6),
  endTime: fc.option(fc.nat(4)),
  deleted: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  metrics: record(fc.constantFrom(...numbers)),
  params: record(text),
  tags: record(text),
});

const numberTest = fc.record({
  type: fc.constant('number' as const),
  operator: fc.constantFrom('=' as const, '!=', '<', '<=', '>', '>='),
  value: fc.constantFrom(-1, 0, 0.5, 1, 2),
});
const wholeTest = numberTest.map((test) => ({ ...test, value: Math.round(test.value) }));
const textTest = fc.record({
  type: fc.constant('text' as const),
  operator: fc.constantFrom('=' as const, '=', '!=', 'LIKE', 'ILIKE'),
  value: fc.constantFrom('x', 'X%', '%Y', '_', 'rare', ''),
});
const presence = fc.record({ type: fc.constant('presence' as const), present: fc.boolean() });
const key = fc.constantFrom(...keys);
const clause: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({ entity: fc.constant('metric' as const), key, test: numberTest }),
  fc.record({ entity: fc.constantFrom('param' as const, 'tag'), key, test: fc.oneof(textTest, presence) }),
  fc.record({
    entity: fc.constant('attribute' as const),
    key: fc.constantFrom('start_time', 'end_time'),
    test: wholeTest,
  }),
);
const term: fc.Arbitrary<OrderTerm> = fc.oneof(
  fc.record({ entity: fc.constantFrom('metric' as const, 'metric', 'param', 'tag'), key, descending: fc.boolean() }),
  fc.record({
    entity: fc.constant('attribute' as const),
    key: fc.constantFrom('start_time', 'end_time', 'run_name', 'status', 'run_id'),
    descending: fc.boolean(),
  }),
);
const someSearch = fc.record({
  experiments: fc.subarray([0, 1, 2], { minLength: 1 }),
  filter: fc.array(clause, { maxLength: 3 }),
  orderBy: fc.uniqueArray(term, { maxLength: 3, selector: (each) => `${each.entity}.${each.key}` }),
  view: fc.constantFrom('ACTIVE_ONLY' as const, 'ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'),
  size: fc.constantFrom(1, 3, 10, 50, 1000),
});

describe('searching runs, compared with plain code over a list', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = async (path: string, body: object) => (await platform.call('POST', `${root}/${path}`, body)).body;
  const experiments: string[] = [];
  const runs: ModelRun[] = [];

  beforeAll(async () => {
    for (const name of ['one', 'two', 'three'])
      experiments.push((await post('experiments/create', { name })).experiment_id);
    for (const [place, run] of fc.sample(someRun, { seed: 7, numRuns: count }).entries())
      runs.push(await log(`run-${place}`, run));
  });

  async function log(name: string, drawn: typeof someRun extends fc.Arbitrary<infer Run> ? Run : never) {
    const { experiment, startTime, endTime, deleted, metrics, params, tags } = drawn;
    const experiment_id = experiments[experiment] ?? '';
    const { run } = await post('runs/create', { experiment_id, run_name: name, start_time: startTime });
    const run_id: string = run.info.run_id;
    await post('runs/log-batch', {
      run_id,
      metrics: pairs(metrics).map(([of, value]) => ({
        key: of,
        value: Number.isNaN(value) ? 'NaN' : value,
        timestamp: 1,
      })),
      params: pairs(params).map(([of, value]) => ({ key: of, value })),
      tags: pairs(tags).map(([of, value]) => ({ key: of, value })),
    });
    const status = endTime === null ? 'RUNNING' : 'FINISHED';
    if (endTime !== null) await post('runs/update', { run_id, status, end_time: endTime });
    if (deleted) await post('runs/delete', { run_id });
    return {
      id: run_id,
      experiment: experiment_id,
      name,
      status,
      startTime,
      endTime,
      deleted,
      metrics: Object.fromEntries(pairs(metrics)),
      params: Object.fromEntries(pairs(params)),
      tags: Object.fromEntries(pairs(tags)),
    };
  }

  it.each([
    { how: 'as ever', limits: {} },
    { how: 'in batches of a few runs', limits: { known: 0, fewestTaken: 2, mostTaken: 5 } },
  ])(
    `finds the same runs in the same order, page by page, in ${searches} random searches, read $how`,
    async ({ limits }) => {
      Object.assign(platform.get(RunSearchStore).limits, limits);
      await fc.assert(
        fc.asyncProperty(someSearch, async ({ experiments: places, filter, orderBy, view, size }) => {
          const experiment_ids = places.map((place) => experiments[place] ?? '');
          const shown = runs.filter(
            (run) =>
              experiment_ids.includes(run.experiment) && (view === 'ALL' || run.deleted === (view === 'DELETED_ONLY')),
          );
          const expected = searchModel(shown, filter, orderBy).map(({ name }) => name);
          const found: string[] = [];
          let page_token: string | undefined;
          do {
            const page = await post('runs/search', {
              experiment_ids,
              filter: printFilter(filter),
              order_by: orderBy.map(printOrderTerm),
              run_view_type: view,
              max_results: size,
              page_token,
            });
            found.push(...(page.runs ?? []).map((run: { info: { run_name: string } }) => run.info.run_name));
            page_token = page.next_page_token;
            expect(found.length).toBeLessThanOrEqual(expected.length);
          } while (page_token !== undefined);
          expect(found).toEqual(expected);
        }),
        { numRuns: searches },
      );
    },
  );
});

function pairs<Value>(record: { [key: string]: Value | undefined }): [string, Value][] {
  return Object.entries(record).flatMap(([of, value]): [string, Value][] => (value === undefined ? [] : [[of, value]]));
}
