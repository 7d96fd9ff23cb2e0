import { acrossWorkspaces } from '@assay/platform/database';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { aroundAll, describe, expect, it, vi } from 'vitest';
import { TrackingModule } from '../tracking.module.js';
import { isLater } from '../run-telemetry/run-points.js';
import { LatestValues } from './latest-values.js';
import { PendingValuesStore } from './pending-values.store.js';

const api = '/api/2.0/mlflow';

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('latest values', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = async (path: string, body: object) => {
    const answer = await platform.call('POST', `${api}/${path}`, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const newExperiment = async (): Promise<string> =>
    (await post('experiments/create', { name: `e${Math.random()}` })).experiment_id;
  const newRun = async (experiment_id: string): Promise<string> =>
    (await post('runs/create', { experiment_id })).run.info.run_id;
  const shown = async (run_id: string): Promise<Metric[]> =>
    (await platform.call('GET', `${api}/runs/get?run_id=${run_id}`)).body.run.data.metrics ?? [];
  const found = async (experiment: string, more: object): Promise<string[]> =>
    ((await post('runs/search', { experiment_ids: [experiment], ...more })).runs ?? []).map(
      (run: { info: { run_id: string } }) => run.info.run_id,
    );
  const pending = async (experiment: string): Promise<number> =>
    (await database.query('select 1 from tracking.metric_pending where experiment_id = $1', [experiment])).length;

  it('are found, ordered by and shown at once, by whoever asks first', async () => {
    const experiment = await newExperiment();
    const [one, two] = [await newRun(experiment), await newRun(experiment)];
    for (let step = 1; step <= 30; step += 1) {
      const metric = { key: 'loss', timestamp: step, step };
      await Promise.all([
        post('runs/log-metric', { run_id: one, ...metric, value: step }),
        post('runs/log-metric', { run_id: two, ...metric, value: step % 2 === 0 ? step + 1 : step - 1 }),
      ]);
      const [high, low] = step % 2 === 0 ? [two, one] : [one, two];
      if (step % 3 === 0) expect(await shown(one)).toEqual([{ ...metric, value: step }]);
      expect(await found(experiment, { order_by: ['metrics.loss DESC'] })).toEqual([high, low]);
      expect(await found(experiment, { filter: `metrics.loss >= ${step}`, order_by: ['metrics.loss'] })).toEqual(
        step % 2 === 0 ? [one, two] : [one],
      );
    }
  });

  it('are the newest of all that was written, in whatever order and wherever they stand', async () => {
    const metric = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.integer({ min: -2, max: 2 }),
      timestamp: fc.integer({ min: 0, max: 3 }),
      step: fc.integer({ min: -1, max: 2 }),
    });
    const act = fc.oneof(
      { weight: 4, arbitrary: fc.array(metric, { minLength: 1, maxLength: 6 }) },
      { weight: 1, arbitrary: fc.constantFrom('settle' as const, 'search' as const, 'show' as const) },
    );
    const experiment = await newExperiment();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(act, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), async (rounds) => {
        const run_id = await newRun(experiment);
        const newest = new Map<string, Metric>();
        for (const acts of rounds) {
          await Promise.all(
            acts.map(async (each) => {
              if (each === 'settle') await platform.get(LatestValues).settle([experiment]);
              else if (each === 'search') await found(experiment, { filter: 'metrics.a > 0' });
              else if (each === 'show') await shown(run_id);
              else await post('runs/log-batch', { run_id, metrics: each });
            }),
          );
          for (const each of acts.flat())
            if (typeof each !== 'string' && isLater(each, newest.get(each.key) ?? { step: -9, timestamp: 0, value: 0 }))
              newest.set(each.key, each);
          const expected = [...newest.values()].toSorted((x, y) => (x.key < y.key ? -1 : 1));
          expect(await shown(run_id)).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('reach the indexes a moment after they were written, without anybody asking', async () => {
    const experiment = await newExperiment();
    const run_id = await newRun(experiment);
    await post('runs/log-metric', { run_id, key: 'loss', value: 7, timestamp: 1, step: 1 });
    await expect.poll(() => pending(experiment)).toBe(0);
    expect(await shown(run_id)).toEqual([{ key: 'loss', value: 7, timestamp: 1, step: 1 }]);
  });

  it('are moved by a search as far as they were there when it began, while writers never stop', async () => {
    const experiment = await newExperiment();
    const [early, late] = [await newRun(experiment), await newRun(experiment)];
    const write = (run: string, count: number) =>
      database.query(
        `insert into tracking.metric_pending (experiment_id, run_number, id, key_ids, values, steps, timestamps_ms)
           select r.experiment_id, r.number, nextval('tracking.metric_pending_number'), array[k.id], array[step], array[step], array[1]
           from tracking.run r, tracking.metric_key k, generate_series(1, $2::int) step where r.run_id = $1 and k.name = 'loss'`,
        [run, count],
      );
    await post('runs/log-metric', { run_id: late, key: 'loss', value: 900, timestamp: 1, step: 900 });
    await post('runs/log-metric', { run_id: early, key: 'loss', value: 500, timestamp: 1, step: 500 });
    const store = platform.get(PendingValuesStore);
    const real = store.settleExperiments.bind(store);
    const steps = vi.spyOn(store, 'settleExperiments').mockImplementation(async (...given) => {
      await write(early, 300); // more than a step moves, of a run that comes first each time
      return real(...given);
    });
    const background = vi.spyOn(store, 'settleSome').mockResolvedValue({ rows: 0, values: 0, runs: [] });
    try {
      await write(early, 300);
      expect(await found(experiment, { order_by: ['metrics.loss DESC'] })).toEqual([late, early]);
      expect(steps.mock.calls.length).toBeGreaterThan(1);
      expect(steps.mock.calls.length).toBeLessThan(6);
      expect(await pending(experiment)).toBeGreaterThan(300);
      const searches = Array.from({ length: 8 }, () => found(experiment, { filter: 'metrics.loss > 600' }));
      steps.mockClear();
      expect(await Promise.all(searches)).toEqual(searches.map(() => [late]));
      expect(steps.mock.calls.length).toBeLessThan(40);
    } finally {
      steps.mockRestore();
      background.mockRestore();
    }
  });

  it('are moved once for searches that come together', async () => {
    const experiment = await newExperiment();
    const store = platform.get(PendingValuesStore);
    const gate = Promise.withResolvers<void>();
    let atOnce = 0;
    let most = 0;
    const steps = vi.spyOn(store, 'settleExperiments').mockImplementation(async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await gate.promise;
      atOnce -= 1;
      return { rows: 0, values: 0, runs: [] };
    });
    try {
      const latest = platform.get(LatestValues);
      const first = latest.settle([experiment]);
      await expect.poll(() => steps.mock.calls.length).toBe(1);
      const others = Array.from({ length: 16 }, () => latest.settle([experiment]));
      gate.resolve();
      await Promise.all([first, ...others]);
      expect({ most, steps: steps.mock.calls.length }).toEqual({ most: 1, steps: 2 });
    } finally {
      steps.mockRestore();
    }
  });

  it('are counted once they are committed', async () => {
    const experiment = await newExperiment();
    const run_id = await newRun(experiment);
    const background = vi
      .spyOn(platform.get(PendingValuesStore), 'settleSome')
      .mockResolvedValue({ rows: 0, values: 0, runs: [] });
    const seen: Promise<number>[] = [];
    const counted = vi.spyOn(platform.get(LatestValues), 'added').mockImplementation(() => {
      seen.push(pending(experiment));
    });
    try {
      const metrics = [{ key: `new ${Math.random()}`, value: 7, timestamp: 1, step: 1 }];
      await post('runs/log-batch', { run_id, metrics, tags: [{ key: 'a', value: 'b' }] });
      expect(await Promise.all(seen)).toEqual([1]);
    } finally {
      counted.mockRestore();
      background.mockRestore();
    }
  });

  it('keep writes waiting for a step where too many are pending, and no longer', async () => {
    const step = Promise.withResolvers<{ rows: number; values: number; runs: number[] }>();
    const stepping = vi.spyOn(platform.get(PendingValuesStore), 'settleSome').mockReturnValue(step.promise);
    try {
      const latest = platform.get(LatestValues);
      await latest.room();
      latest.added(200_001);
      let written = false;
      const run_id = await newRun('0');
      const writing = post('runs/log-metric', { run_id, key: 'loss', value: 7, timestamp: 1, step: 1 }).then(
        () => (written = true),
      );
      const model = await post('logged-models', { experiment_id: '0', source_run_id: run_id });
      const ofModel = { run_id, key: 'gain', value: 8, timestamp: 1, step: 1, model_id: model.model.info.model_id };
      const writingAlone = post('runs/log-metric', ofModel).then(() => (written = true));
      await expect.poll(() => stepping.mock.calls.length).toBeGreaterThan(0);
      expect(await shown(run_id)).toEqual([]);
      expect(written).toBe(false);
      step.resolve({ rows: 1, values: 1, runs: [] });
      await Promise.all([writing, writingAlone]);
      expect(await shown(run_id)).toMatchObject([
        { key: 'gain', value: 8 },
        { key: 'loss', value: 7 },
      ]);
    } finally {
      stepping.mockRestore();
    }
  });
});
