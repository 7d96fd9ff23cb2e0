import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const root = '/api/2.0/mlflow/runs';

describe('runs', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = (path: string, body: object, as?: string) => platform.call('POST', `${root}/${path}`, body, as);
  const get = async (id: string) => (await platform.call('GET', `${root}/get?run_id=${id}`)).body.run;
  let experiment = '';

  beforeAll(async () => {
    experiment = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'runs' })).body
      .experiment_id;
  });

  const create = async (more: object = {}): Promise<string> =>
    (await post('create', { experiment_id: experiment, ...more })).body.run.info.run_id;

  it('starts with a made-up name, its artifacts under the experiment, and a record of who made it', async () => {
    actorNamed('ada');
    const { body } = await post(
      'create',
      { experiment_id: experiment, user_id: 'typed', start_time: '12', tags: [{ key: 'a', value: 'b' }] },
      'ada',
    );
    const { info, data } = body.run;
    expect(info).toMatchObject({
      run_uuid: info.run_id,
      status: 'RUNNING',
      start_time: 12,
      user_id: 'typed',
      lifecycle_stage: 'active',
    });
    expect(info.run_id).toMatch(/^[0-9a-f]{32}$/);
    expect(info.run_name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(info.artifact_uri).toBe(`mlflow-artifacts:/${experiment}/${info.run_id}/artifacts`);
    expect(info).not.toHaveProperty('end_time');
    expect(data.tags).toEqual([
      { key: 'a', value: 'b' },
      { key: 'mlflow.runName', value: info.run_name },
    ]);
    const [stored] = await database.query('select created_by from tracking.run where run_id = $1', [info.run_id]);
    expect(stored).toEqual({ created_by: 'ada' });
    const records = await database.query(
      `select record ->> 'action' as action from audit.inbox where record -> 'target' ->> 'id' = $1`,
      [info.run_id],
    );
    expect(records).toEqual([{ action: 'tracking.run.created.v1' }]);
  });

  it('starts once for one Idempotency-Key and caller, also when asked at the same time', async () => {
    const ask = (body: object, as?: string) =>
      platform.call('POST', `${root}/create`, { experiment_id: experiment, start_time: 5, ...body }, as, {
        'idempotency-key': 'key-1',
      });
    const answers = await Promise.all([ask({}), ask({}), ask({})]);
    const ids = answers.map(({ body }) => body.run.info.run_id);
    expect(new Set(ids).size).toBe(1);
    expect((await ask({ run_name: 'other' })).status).toBe(409);
    actorNamed('grace');
    expect((await ask({}, 'grace')).body.run.info.run_id).not.toBe(ids[0]);
    const bad = await platform.call('POST', `${root}/create`, {}, undefined, { 'idempotency-key': 'x'.repeat(201) });
    expect(bad.status).toBe(400);
  });

  it('keeps the name and its tag the same', async () => {
    const id = await create({ run_name: 'one' });
    await post('update', { run_id: id, run_name: 'two' });
    expect(await get(id)).toMatchObject({
      info: { run_name: 'two' },
      data: { tags: [{ key: 'mlflow.runName', value: 'two' }] },
    });
    await post('set-tag', { run_id: id, key: 'mlflow.runName', value: 'three' });
    expect((await get(id)).info.run_name).toBe('three');
    await post('update', { run_id: id, run_name: '' });
    expect((await get(id)).info.run_name).toBe('three');
    const differing = await post('create', { run_name: 'x', tags: [{ key: 'mlflow.runName', value: 'y' }] });
    expect(differing.body.message).toContain('with different values');
  });

  it('ends with a record, and answers the same to a repeated call', async () => {
    const id = await create();
    for (let time = 0; time < 2; time += 1) {
      const { body } = await post('update', { run_uuid: id, status: 'FINISHED', end_time: 99 });
      expect(body.run_info).toMatchObject({ status: 'FINISHED', end_time: 99 });
    }
    const records = await database.query(
      `select 1 from audit.inbox where record ->> 'action' = 'tracking.run.ended.v1' and record -> 'target' ->> 'id' = $1`,
      [id],
    );
    expect(records).toHaveLength(1);
  });

  it('refuses writes to a deleted run until it is restored', async () => {
    const id = await create();
    expect((await post('delete', { run_id: id })).body).toEqual({});
    expect((await post('delete', { run_id: id })).status).toBe(200);
    for (const [path, body] of [
      ['log-metric', { key: 'a', value: 1, timestamp: 1 }],
      ['log-parameter', { key: 'a', value: '1' }],
      ['set-tag', { key: 'a', value: '1' }],
      ['update', { status: 'FAILED' }],
      ['log-inputs', { datasets: [] }],
    ] as const) {
      const answer = await post(path, { run_id: id, ...body });
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain("must be in the 'active' state");
    }
    await post('restore', { run_id: id });
    expect((await post('set-tag', { run_id: id, key: 'a', value: '1' })).status).toBe(200);
  });

  it('is hidden with its experiment, and revived with it even if it was deleted alone', async () => {
    const created = await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'hidden' });
    const experiment_id = created.body.experiment_id;
    const kept = (await post('create', { experiment_id })).body.run.info.run_id;
    const dropped = (await post('create', { experiment_id })).body.run.info.run_id;
    await post('delete', { run_id: dropped });
    await platform.call('POST', '/api/2.0/mlflow/experiments/delete', { experiment_id });
    expect((await get(kept)).info.lifecycle_stage).toBe('deleted');
    expect((await post('set-tag', { run_id: kept, key: 'a', value: 'b' })).status).toBe(400);
    expect((await post('create', { experiment_id })).body.message).toContain("must be in the 'active' state");
    await platform.call('POST', '/api/2.0/mlflow/experiments/restore', { experiment_id });
    expect((await get(kept)).info.lifecycle_stage).toBe('active');
    expect((await get(dropped)).info.lifecycle_stage).toBe('active');
  });

  it('is known in its own workspace only', async () => {
    const id = await create();
    actorNamed('stranger', { workspace: 'elsewhere' });
    expect((await platform.call('GET', `${root}/get?run_id=${id}`, undefined, 'stranger')).status).toBe(404);
    expect((await post('set-tag', { run_id: id, key: 'a', value: 'b' }, 'stranger')).status).toBe(404);
  });

  it.each([
    ['get', "Missing value for required parameter 'run_id'", undefined],
    ['create', 'No Experiment with id=77777 exists', { experiment_id: '77777' }],
    ['create', "Invalid value true for parameter 'start_time'", { start_time: true }],
    ['update', "for parameter 'status' supplied", { run_id: 'a', status: 'DONE' }],
    ['delete', 'Run with id=unknown not found', { run_id: 'unknown' }],
  ])('refuses %s with "%s"', async (path, message, body) => {
    const answer = body === undefined ? await platform.call('GET', `${root}/${path}`) : await post(path, body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.message).toContain(message);
  });
});
