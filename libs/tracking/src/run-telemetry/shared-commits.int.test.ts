import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it, vi } from 'vitest';
import { LatestValues } from '../latest-values/latest-values.js';
import { TrackingModule } from '../tracking.module.js';
import { RunWritesStore } from './run-writes.store.js';

const api = '/api/2.0/mlflow';

describe('calls that share a commit', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = (path: string, body: object, as?: string) => platform.call('POST', `${api}/${path}`, body, as);
  const create = async (more: object = {}): Promise<string> =>
    (await post('runs/create', { experiment_id: '0', ...more })).body.run.info.run_id;
  const data = async (id: string) => (await platform.call('GET', `${api}/runs/get?run_id=${id}`)).body.run.data;
  const history = async (id: string, key: string): Promise<{ step: number }[]> =>
    (await platform.call('GET', `${api}/metrics/get-history?run_id=${id}&metric_key=${key}`)).body.metrics ?? [];

  it('meet their own errors, and leave their neighbours alone', async () => {
    const [good, deleted] = [await create(), await create()];
    await post('runs/delete', { run_id: deleted });
    actorNamed('stranger', { workspace: 'elsewhere' });
    const metric = { key: 'loss', value: 1, timestamp: 1, step: 1 };
    const answers = await Promise.all([
      post('runs/log-metric', { run_id: good, ...metric }),
      post('runs/log-metric', { run_id: deleted, ...metric }),
      post('runs/log-metric', { run_id: 'unknown', ...metric }),
      post('runs/log-metric', { run_id: good, ...metric, step: 9 }, 'stranger'),
      post('runs/log-metric', { run_id: good, ...metric, step: 2 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 404, 404, 200]);
    expect(answers[1]?.body.message).toBe(
      `The run ${deleted} must be in the 'active' state. Current state is deleted.`,
    );
    expect(answers[2]?.body.message).toBe('Run with id=unknown not found');
    expect((await history(good, 'loss')).map(({ step }) => step)).toEqual([1, 2]);
    expect(await history(deleted, 'loss')).toEqual([]);
  });

  it('are told to come again where too many wait, those that go alone as well', async () => {
    const run_id = await create();
    const model = (await post('logged-models', { experiment_id: '0', source_run_id: run_id })).body.model.info.model_id;
    const gate = Promise.withResolvers<void>();
    const held = vi.spyOn(platform.get(LatestValues), 'room').mockReturnValue(gate.promise);
    try {
      const params = Array.from({ length: 100 }, (_, place) => ({ key: `p${place}`, value: 'x'.repeat(6000) }));
      const metrics = [{ key: 'gain', value: 1, timestamp: 1, step: 1, model_id: model }];
      const statuses: number[] = [];
      const calls = Array.from({ length: 40 }, async () => {
        const { status } = await post('runs/log-batch', { run_id, metrics, params });
        statuses.push(status);
      });
      await expect.poll(() => statuses).toContain(429);
      expect(statuses).not.toContain(200);
      gate.resolve();
      await Promise.all(calls);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
    } finally {
      held.mockRestore();
    }
  });

  it('take one statement where they bring points of metrics met before, and still meet their own errors', async () => {
    const [good, other, deleted, theirs] = [await create(), await create(), await create(), await create()];
    await post('runs/delete', { run_id: deleted });
    actorNamed('stranger', { workspace: 'elsewhere' });
    const metric = { key: 'met before', value: 1, timestamp: 1, step: 1 };
    for (let time = 0; time < 2; time += 1) await post('runs/log-metric', { run_id: other, ...metric });
    const lookedUp = vi.spyOn(platform.get(RunWritesStore), 'findRuns');
    try {
      const log = (run_id: string, step: number, as?: string) =>
        post('runs/log-metric', { run_id, ...metric, step }, as);
      const written = await Promise.all([log(good, 1), log(other, 2), log(good, 2), log(other, 3)]);
      expect(written.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(lookedUp).not.toHaveBeenCalled();
      const mixed = await Promise.all([
        log(good, 3),
        log(deleted, 1),
        log('unknown', 1),
        log(theirs, 1, 'stranger'),
        log(good, 4),
      ]);
      expect(mixed.map(({ status }) => status)).toEqual([200, 400, 404, 404, 200]);
      for (const [, ids] of lookedUp.mock.calls) expect([...ids]).not.toContain(good);
    } finally {
      lookedUp.mockRestore();
    }
    for (const [run, steps] of [
      [good, [1, 2, 3, 4]],
      [other, [1, 2, 3]],
      [deleted, []],
      [theirs, []],
    ] as const)
      expect((await history(run, metric.key)).map(({ step }) => step)).toEqual(steps);
    expect((await data(good)).metrics).toMatchObject([{ key: metric.key, step: 4 }]);
  });

  it('are all or nothing each: a parameter that changes takes back its own call only', async () => {
    const [one, two] = [await create(), await create()];
    await post('runs/log-parameter', { run_id: one, key: 'depth', value: '3' });
    const batch = (value: string, step: number) => ({
      params: [
        { key: 'depth', value },
        { key: `new${step}`, value: '1' },
      ],
      metrics: [{ key: 'loss', value: 1, timestamp: 1, step }],
      tags: [{ key: `tag${step}`, value: '1' }],
    });
    const answers = await Promise.all([
      post('runs/log-batch', { run_id: two, ...batch('7', 1) }),
      post('runs/log-batch', { run_id: one, ...batch('4', 2) }),
      post('runs/log-batch', { run_id: one, ...batch('3', 3) }),
      post('runs/log-batch', { run_id: two, ...batch('7', 4) }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 200]);
    expect(answers[1]?.body.message).toBe(
      `Changing param values is not allowed. Param with key='depth' was already logged with value='3' for run ID='${one}'. Attempted logging new value '4'.`,
    );
    const shown = await data(one);
    expect(shown.params.map(({ key }: { key: string }) => key)).toEqual(['depth', 'new3']);
    expect(shown.tags.map(({ key }: { key: string }) => key)).toEqual(['mlflow.runName', 'tag3']);
    expect((await history(one, 'loss')).map(({ step }) => step)).toEqual([3]);
  });

  it('decide a race for one parameter: one value stays, and every other caller is told', async () => {
    const run_id = await create();
    const values = Array.from({ length: 12 }, (_, place) => String(place % 3));
    const answers = await Promise.all(values.map((value) => post('runs/log-parameter', { run_id, key: 'p', value })));
    const [{ value: stored }] = (await data(run_id)).params;
    expect(answers.map(({ status }) => status)).toEqual(values.map((value) => (value === stored ? 200 : 400)));
  });

  it('add the first parameters of many runs at once, whoever else does', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => create()));
    const params = Array.from({ length: 100 }, (_, place) => ({ key: `p${place}`, value: String(place) }));
    const answers = await Promise.all(
      [...runs, ...runs].map((run_id) => post('runs/log-batch', { run_id, params: params.toReversed() })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const run_id of runs) expect((await data(run_id)).params).toHaveLength(100);
  });

  it('have one effect when they are repeated, all at once and one by one', async () => {
    const run_id = await create();
    const batch = {
      run_id,
      metrics: [1, 2, 3].map((step) => ({ key: 'loss', value: step, timestamp: step, step })),
      params: [{ key: 'a', value: '1' }],
      tags: [{ key: 'mlflow.runName', value: 'renamed' }],
    };
    const first = await Promise.all(Array.from({ length: 6 }, () => post('runs/log-batch', batch)));
    await post('runs/log-batch', batch);
    expect(first.map(({ status }) => status)).toEqual(first.map(() => 200));
    expect((await history(run_id, 'loss')).map(({ step }) => step)).toEqual([1, 2, 3]);
    const { body } = await platform.call('GET', `${api}/runs/get?run_id=${run_id}`);
    expect(body.run.info.run_name).toBe('renamed');
    expect(body.run.data.metrics).toEqual([{ key: 'loss', value: 3, timestamp: 3, step: 3 }]);
  });

  it('use the ids that metric names have now, also after their table was emptied', async () => {
    const metric = { key: 'anew', value: 1, timestamp: 1, step: 1 };
    await post('runs/log-metric', { run_id: await create(), ...metric });
    await database.query('truncate tracking.metric_key, tracking.metric_chunk, tracking.metric_latest');
    const run_id = await create();
    await post('runs/log-metric', { run_id, ...metric });
    expect((await data(run_id)).metrics).toMatchObject([{ key: 'anew', value: 1 }]);
    expect(await history(run_id, 'anew')).toHaveLength(1);
  });

  it('create a run each, with a record each, and refuse only those without an experiment', async () => {
    const requests = ['0', '0', '12345', '0'].map((experiment_id, place) => ({
      experiment_id,
      run_name: `together ${place}`,
      tags: [
        { key: 'place', value: 'first' },
        { key: 'place', value: String(place) },
      ],
    }));
    const answers = await Promise.all(requests.map((body) => post('runs/create', body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200]);
    expect(answers[2]?.headers['assay-audit-id']).toBeUndefined();
    for (const [place, { status, body, headers }] of answers.entries()) {
      if (status !== 200) continue;
      const id: string = body.run.info.run_id;
      const { tags } = await data(id);
      expect(tags).toEqual(body.run.data.tags);
      expect(tags).toContainEqual({ key: 'place', value: String(place) });
      const records = await database.query(
        `select id, record ->> 'requestId' as request from audit.inbox where record -> 'target' ->> 'id' = $1`,
        [id],
      );
      expect(records).toEqual([{ id: headers['assay-audit-id'], request: headers['x-request-id'] }]);
    }
  });
});
