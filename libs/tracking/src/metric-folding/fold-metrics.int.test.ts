import { acrossWorkspaces } from '@assay/platform/database';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { LatestValues } from '../latest-values/latest-values.js';
import { TrackingModule } from '../tracking.module.js';
import { FoldMetrics } from './fold-metrics.js';
import { FoldingLoop } from './folding-loop.js';

const api = '/api/2.0/mlflow';

interface Point {
  readonly key: string;
  readonly value: number | 'NaN';
  readonly timestamp: number;
  readonly step: number;
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('folding metric chunks', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  /** Here nobody moves or folds anything but the tests. */
  beforeAll(async () => {
    await platform.get(LatestValues).beforeApplicationShutdown();
    await platform.get(FoldingLoop).beforeApplicationShutdown();
  });
  const folding = () => platform.get(FoldMetrics);
  const newRun = async (): Promise<{ id: string; number: number }> => {
    const { body } = await platform.call('POST', `${api}/runs/create`, { experiment_id: '0' });
    const id: string = body.run.info.run_id;
    const [row] = await database.query('select number from tracking.run where run_id = $1', [id]);
    return { id, number: Number(row?.['number']) };
  };
  const log = async (run_id: string, metrics: readonly Point[]): Promise<void> => {
    const answer = await platform.call('POST', `${api}/runs/log-batch`, { run_id, metrics });
    expect(answer).toMatchObject({ status: 200, body: {} });
  };
  const history = async (id: string, key: string): Promise<Point[]> =>
    (await platform.call('GET', `${api}/metrics/get-history?run_id=${id}&metric_key=${key}`)).body.metrics ?? [];
  const chunks = async (run: number): Promise<{ loose: number; folded: number }> => {
    const rows = await database.query('select key_id from tracking.metric_chunk where run_number = $1', [run]);
    const loose = rows.filter((row) => row['key_id'] === '0').length;
    return { loose, folded: rows.length - loose };
  };
  const toItsEnd = async (): Promise<void> => {
    await platform.get(LatestValues).settle(['0']); // whoever moves the values of a run says that it has new points
    for (let rounds = 0; !(await folding().round()).atEnd; rounds += 1) expect(rounds).toBeLessThan(100);
  };
  const text = ({ timestamp, step, value }: Point): string => `${timestamp} ${step} ${value}`;

  it('never changes a history, whatever is written, repeated and folded in whatever order and at the same time', async () => {
    const point = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constant('NaN' as const)),
      timestamp: fc.integer({ min: 0, max: 3 }),
      step: fc.integer({ min: -1, max: 2 }),
    });
    const batch = fc.array(point, { minLength: 1, maxLength: 6 });
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.array(batch, { minLength: 1, maxLength: 4 }) },
      { weight: 1, arbitrary: fc.constant('repeat' as const) },
      { weight: 2, arbitrary: fc.constant('fold' as const) },
      { weight: 1, arbitrary: fc.constant('fold twice at once' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 2, maxLength: 8 }), async (actions) => {
        const run = await newRun();
        const written: Point[] = [];
        let last: Point[] = [];
        for (const act of actions) {
          if (act === 'fold') await Promise.all([folding().fold(run.number), log(run.id, last)]);
          else if (act === 'fold twice at once')
            await Promise.all([folding().fold(run.number), folding().fold(run.number)]);
          else {
            const batches = act === 'repeat' ? [last] : act;
            await Promise.all(batches.map((each) => log(run.id, each)));
            last = batches.at(-1) ?? [];
            written.push(...batches.flat());
          }
        }
        for (const key of ['a', 'b', 'c']) {
          const expected = new Set(written.filter((each) => each.key === key).map(text));
          const found = (await history(run.id, key)).map(text);
          expect(new Set(found)).toEqual(expected);
          expect(found).toHaveLength(expected.size);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('makes few chunks of many, one metric each, and lets them grow', async () => {
    const run = await newRun();
    const steps = Array.from({ length: 80 }, (_, step) => step);
    const at = (step: number): Point[] =>
      ['loss', 'accuracy'].map((key) => ({ key, value: step / 7, timestamp: 1_800_000_000_000 + step, step }));
    for (const step of steps) await log(run.id, at(step));
    expect(await chunks(run.number)).toEqual({ loose: 80, folded: 0 });
    await toItsEnd();
    expect(await chunks(run.number)).toEqual({ loose: 0, folded: 2 });
    for (const step of steps) await log(run.id, at(80 + step));
    await folding().fold(run.number);
    expect(await chunks(run.number)).toEqual({ loose: 0, folded: 2 });
    expect((await history(run.id, 'loss')).map(({ step }) => step)).toEqual(
      Array.from({ length: 160 }, (_, step) => step),
    );
    expect((await platform.call('GET', `${api}/runs/get?run_id=${run.id}`)).body.run.data.metrics).toMatchObject([
      { key: 'accuracy', step: 159 },
      { key: 'loss', step: 159 },
    ]);
  });

  it('cuts a long history into chunks of bounded length', async () => {
    const run = await newRun();
    const points = Array.from({ length: 9000 }, (_, step) => ({ key: 'long', value: step, timestamp: step, step }));
    for (let from = 0; from < points.length; from += 1000) await log(run.id, points.slice(from, from + 1000));
    await folding().fold(run.number);
    expect(await chunks(run.number)).toEqual({ loose: 0, folded: 3 });
    expect((await history(run.id, 'long')).map(({ step }) => step)).toEqual(points.map(({ step }) => step));
  });

  it('leaves a run with few or dense loose chunks alone, and comes to its end', async () => {
    const run = await newRun();
    await log(run.id, [{ key: 'a', value: 1, timestamp: 1, step: 1 }]);
    const dense = await newRun();
    const batch = Array.from({ length: 300 }, (_, step) => ({ key: 'a', value: 1, timestamp: step, step }));
    for (let time = 0; time < 70; time += 1) await log(dense.id, batch);
    await toItsEnd();
    expect(await chunks(run.number)).toEqual({ loose: 1, folded: 0 });
    expect(await chunks(dense.number)).toEqual({ loose: 70, folded: 0 });
  });

  it('looks at a run again when it has got points, and at no other', async () => {
    const [idle, busy] = [await newRun(), await newRun()];
    await toItsEnd();
    const loose = async (run: number, chunks: number): Promise<void> => {
      await database.query(
        `insert into tracking.metric_chunk (key_id, run_number, chunk, first_ms, last_ms, count, points)
           select 0, $1, nextval('tracking.metric_chunk_number'), 1, 1, 1, c.points
           from (select points from tracking.metric_chunk where run_number = $2 limit 1) c, generate_series(1, $3)`,
        [run, busy.number, chunks],
      );
    };
    await log(busy.id, [{ key: 'a', value: 1, timestamp: 1, step: 1 }]);
    await loose(idle.number, 70);
    await loose(busy.number, 69);
    await toItsEnd();
    expect(await chunks(busy.number)).toEqual({ loose: 0, folded: 1 });
    expect(await chunks(idle.number)).toEqual({ loose: 70, folded: 0 });
  });
});
