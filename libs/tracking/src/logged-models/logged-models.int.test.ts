import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const root = '/api/2.0/mlflow/logged-models';

describe('logged models', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const runs = (path: string, body: object) => platform.call('POST', `/api/2.0/mlflow/runs/${path}`, body);
  let experiment_id = '';

  beforeAll(async () => {
    experiment_id = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'models' })).body
      .experiment_id;
  });

  const create = async (more: object = {}): Promise<string> =>
    (await platform.call('POST', root, { experiment_id, ...more })).body.model.info.model_id;
  const get = async (id: string) => (await platform.call('GET', `${root}/${id}`)).body.model;

  it('starts pending under its own root, becomes ready once, and is gone when deleted', async () => {
    const id = await create({
      name: 'credit',
      model_type: 'tabular',
      params: [{ key: 'depth', value: '3' }],
      tags: [{ key: 'a', value: 'b' }],
    });
    expect(await get(id)).toMatchObject({
      info: {
        model_id: id,
        name: 'credit',
        status: 'LOGGED_MODEL_PENDING',
        artifact_uri: `mlflow-artifacts:/${experiment_id}/models/${id}/artifacts`,
        tags: [{ key: 'a', value: 'b' }],
      },
      data: { params: [{ key: 'depth', value: '3' }] },
    });
    for (let time = 0; time < 2; time += 1) {
      expect(
        (await platform.call('PATCH', `${root}/${id}`, { status: 'LOGGED_MODEL_READY' })).body.model.info.status,
      ).toBe('LOGGED_MODEL_READY');
    }
    expect((await platform.call('PATCH', `${root}/${id}`, { status: 'LOGGED_MODEL_PENDING' })).status).toBe(400);
    expect((await platform.call('DELETE', `${root}/${id}`)).body).toEqual({});
    expect((await platform.call('GET', `${root}/${id}`)).status).toBe(404);
    const records = await database.query(
      `select record ->> 'action' as action from audit.inbox where record -> 'target' ->> 'id' = $1 order by recorded_at`,
      [id],
    );
    expect(records.map(({ action }) => action)).toEqual([
      'tracking.logged_model.created.v1',
      'tracking.logged_model.finalized.v1',
      'tracking.logged_model.deleted.v1',
    ]);
  });

  it('sets and deletes tags, and adds parameters that never change', async () => {
    const id = await create();
    await platform.call('PATCH', `${root}/${id}/tags`, {
      tags: [
        { key: 'x/y', value: '1' },
        { key: 'b', value: '2' },
      ],
    });
    expect((await platform.call('DELETE', `${root}/${id}/tags/x%2Fy`)).body).toEqual({});
    expect((await platform.call('DELETE', `${root}/${id}/tags/x%2Fy`)).status).toBe(404);
    expect((await get(id)).info.tags).toEqual([{ key: 'b', value: '2' }]);
    expect(
      (await platform.call('POST', `${root}/${id}/params`, { params: [{ key: 'lr', value: '0.1' }] })).body,
    ).toEqual({});
    expect(
      (await platform.call('POST', `${root}/${id}/params`, { params: [{ key: 'lr', value: '0.2' }] })).body.message,
    ).toContain('Changing param values is not allowed');
  });

  it('shows what runs logged about it, and is shown as what a run made and read', async () => {
    const id = await create();
    const run_id = (await runs('create', { experiment_id })).body.run.info.run_id;
    await runs('log-metric', {
      run_id,
      key: 'auc',
      value: 0.8,
      timestamp: 1,
      model_id: id,
      dataset_name: 'test',
      dataset_digest: 'd',
    });
    await runs('outputs', { run_id, models: [{ model_id: id, step: 3 }] });
    await runs('outputs', { run_id, models: [{ model_id: id, step: 3 }] });
    await runs('log-inputs', { run_id, models: [{ model_id: id }] });
    expect((await get(id)).data.metrics).toEqual([
      {
        key: 'auc',
        value: 0.8,
        timestamp: 1,
        step: 0,
        run_id,
        model_id: id,
        dataset_name: 'test',
        dataset_digest: 'd',
      },
    ]);
    const { run } = (await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${run_id}`)).body;
    expect(run.outputs).toEqual({ model_outputs: [{ model_id: id, step: 3 }] });
    expect(run.inputs).toEqual({ model_inputs: [{ model_id: id }] });
    expect((await runs('outputs', { run_id, models: [{ model_id: 'm-none' }] })).status).toBe(404);
  });

  describe('searching', () => {
    let ours = '';
    const names = async (query: object): Promise<string[]> => {
      const { body } = await platform.call('POST', `${root}/search`, { experiment_ids: [ours], ...query });
      return (body.models ?? []).map((model: { info: { name: string } }) => model.info.name);
    };

    beforeAll(async () => {
      ours = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'searched models' })).body
        .experiment_id;
      const run_id = (await runs('create', { experiment_id: ours })).body.run.info.run_id;
      for (const [place, name] of ['one', 'two', 'three'].entries()) {
        const { body } = await platform.call('POST', root, {
          experiment_id: ours,
          name,
          model_type: 'mlp',
          source_run_id: run_id,
          params: [{ key: 'p', value: name }],
        });
        const model_id = body.model.info.model_id;
        if (name !== 'three')
          await runs('log-metric', {
            run_id,
            key: 'auc',
            value: place,
            timestamp: place,
            model_id,
            dataset_name: name,
            dataset_digest: 'd',
          });
      }
    });

    it.each([
      [{ filter: "name = 'two'" }, ['two']],
      [{ filter: "name IN ('one', 'three')", order_by: [{ field_name: 'name' }] }, ['one', 'three']],
      [
        { filter: "status = 'PENDING' AND params.p LIKE 't%'", order_by: [{ field_name: 'name', ascending: false }] },
        ['two', 'three'],
      ],
      [{ filter: 'metrics.auc >= 1' }, ['two']],
      [{ filter: 'metrics.auc >= 0', datasets: [{ dataset_name: 'one' }] }, ['one']],
      [{ datasets: [{ dataset_name: 'two', dataset_digest: 'd' }] }, ['two']],
      [{ datasets: [{ dataset_name: 'two', dataset_digest: 'x' }] }, []],
      [{ order_by: [{ field_name: 'metrics.auc', ascending: false }] }, ['two', 'one', 'three']],
      [
        { order_by: [{ field_name: 'metrics.auc', ascending: true, dataset_name: 'two' }, { field_name: 'name' }] },
        ['two', 'one', 'three'],
      ],
    ])('finds %j', async (query, expected) => {
      expect(await names(query)).toEqual(expected);
    });

    it('goes page by page, with a token for the same query only', async () => {
      const query = { experiment_ids: [ours], order_by: [{ field_name: 'name' }], max_results: 2 };
      const first = await platform.call('POST', `${root}/search`, query);
      const rest = await platform.call('POST', `${root}/search`, { ...query, page_token: first.body.next_page_token });
      expect(rest.body.models.map((model: { info: { name: string } }) => model.info.name)).toEqual(['two']);
      const other = await platform.call('POST', `${root}/search`, {
        ...query,
        filter: "name = 'one'",
        page_token: first.body.next_page_token,
      });
      expect(other.status).toBe(400);
    });

    it.each([
      [{ experiment_ids: undefined }, "Missing value for required parameter 'experiment_ids'"],
      [{ order_by: [{ field_name: 'color' }] }, "Invalid order_by key 'color'"],
      [{ order_by: [{ field_name: 'metrics.auc', dataset_digest: 'd' }] }, 'dataset_digest'],
      [{ datasets: [{ dataset_digest: 'd' }] }, "Missing value for required parameter 'datasets[0].dataset_name'"],
      [{ filter: 'metrics.auc > 1 OR name = 1' }, 'Invalid clause(s) in filter string'],
    ])('refuses %j', async (query, message) => {
      const answer = await platform.call('POST', `${root}/search`, { experiment_ids: [ours], ...query });
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain(message);
    });
  });

  it.each([
    ['POST', '', {}, "Missing value for required parameter 'experiment_id'"],
    ['POST', '', { experiment_id: '0', name: 'a/b' }, 'Invalid model name'],
    ['GET', '/m-none', undefined, "Logged model with ID 'm-none' not found"],
    ['PATCH', '/m-none', { status: 'X' }, "for parameter 'status' supplied"],
  ] as const)('refuses %s %s %j', async (method, path, body, message) => {
    const answer = await platform.call(method, `${root}${path}`, body);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.message).toContain(message);
  });
});
