import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const root = '/api/2.0/mlflow';

/** Every change that shows in a run has to show at once, though runs are kept rendered. */
describe('a run that was read before', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = async (path: string, body: object) => {
    const answer = await platform.call('POST', `${root}/${path}`, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  let experiment_id = '';
  let run_id = '';

  beforeAll(async () => {
    experiment_id = (await post('experiments/create', { name: 'read' })).experiment_id;
    run_id = (await post('runs/create', { experiment_id, tags: [{ key: 'kept', value: '1' }] })).run.info.run_id;
  });

  const read = async () => (await platform.call('GET', `${root}/runs/get?run_id=${run_id}`)).body.run;
  const found = async () =>
    (await post('runs/search', { experiment_ids: [experiment_id], run_view_type: 'ALL' })).runs[0];

  const metric = { key: 'loss', value: 0.5, timestamp: 1 };
  const dataset = { name: 'd', digest: '1', source_type: 'local', source: 's' };
  const model_id = async () =>
    (await post('logged-models', { experiment_id, name: 'm', source_run_id: run_id })).model.info.model_id;

  it.each<[string, () => Promise<unknown>, object]>([
    [
      'a metric',
      () => post('runs/log-metric', { run_id, ...metric }),
      { data: { metrics: [{ key: 'loss', value: 0.5, timestamp: 1, step: 0 }] } },
    ],
    [
      'a later point',
      () => post('runs/log-batch', { run_id, metrics: [{ ...metric, value: 0.25, step: 1 }] }),
      { data: { metrics: [{ key: 'loss', value: 0.25, timestamp: 1, step: 1 }] } },
    ],
    [
      'a parameter',
      () => post('runs/log-parameter', { run_id, key: 'p', value: '1' }),
      { data: { params: [{ key: 'p', value: '1' }] } },
    ],
    [
      'a tag',
      () => post('runs/set-tag', { run_id, key: 'kept', value: '2' }),
      { data: { tags: expect.arrayContaining([{ key: 'kept', value: '2' }]) } },
    ],
    [
      'a tag that goes',
      () => post('runs/delete-tag', { run_id, key: 'kept' }),
      { data: { tags: [expect.objectContaining({ key: 'mlflow.runName' })] } },
    ],
    ['a name', () => post('runs/update', { run_id, run_name: 'renamed' }), { info: { run_name: 'renamed' } }],
    [
      'an end',
      () => post('runs/update', { run_id, status: 'FINISHED', end_time: 9 }),
      { info: { status: 'FINISHED', end_time: 9 } },
    ],
    [
      'an input',
      () => post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] }),
      { inputs: { dataset_inputs: [{ dataset }] } },
    ],
    [
      'an output',
      async () => post('runs/outputs', { run_id, models: [{ model_id: await model_id(), step: 3 }] }),
      { outputs: { model_outputs: [expect.objectContaining({ step: 3 })] } },
    ],
    ['its deletion', () => post('runs/delete', { run_id }), { info: { lifecycle_stage: 'deleted' } }],
    ['its return', () => post('runs/restore', { run_id }), { info: { lifecycle_stage: 'active' } }],
    [
      'the deletion of its experiment',
      () => post('experiments/delete', { experiment_id }),
      { info: { lifecycle_stage: 'deleted' } },
    ],
    [
      'the return of its experiment',
      () => post('experiments/restore', { experiment_id }),
      { info: { lifecycle_stage: 'active' } },
    ],
    [
      'what another process logged',
      () =>
        database.query(
          `insert into tracking.param (run_number, experiment_id, key, value)
             select number, experiment_id, 'elsewhere', '1' from tracking.run where run_id = $1`,
          [run_id],
        ),
      { data: { params: expect.arrayContaining([{ key: 'elsewhere', value: '1' }]) } },
    ],
  ])('shows %s at once', async (_, change, shown) => {
    await Promise.all([read(), found()]);
    await change();
    expect(await read()).toMatchObject(shown);
    expect(await found()).toMatchObject(shown);
  });

  it('costs one revision for each transaction that changes it', async () => {
    const revision = async () => {
      const [row] = await database.query('select revision from tracking.run where run_id = $1', [run_id]);
      return Number(row?.revision);
    };
    const before = await revision();
    await post('runs/log-batch', {
      run_id,
      metrics: [metric, { ...metric, key: 'other' }],
      params: [{ key: 'q', value: '1' }],
      tags: [{ key: 'a', value: '1' }],
    });
    expect(await revision()).toBe(before + 1);
  });
});
