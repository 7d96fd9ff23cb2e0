import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const root = '/api/2.0/mlflow/runs';

describe('what a run logs', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = (path: string, body: object) => platform.call('POST', `${root}/${path}`, body);
  const data = async (id: string) => (await platform.call('GET', `${root}/get?run_id=${id}`)).body.run.data;
  const create = async (): Promise<string> => (await post('create', { experiment_id: '0' })).body.run.info.run_id;
  const history = async (id: string, more = '') =>
    (await platform.call('GET', `/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=loss${more}`)).body;

  it('keeps every point once, and as latest the one of the highest step, time and value', async () => {
    const run_id = await create();
    const points = [
      { key: 'loss', value: 3, timestamp: 5, step: 2 },
      { key: 'loss', value: 9, timestamp: 9, step: 1 },
      { key: 'loss', value: 4, timestamp: 5, step: 2 },
      { key: 'loss', value: 3, timestamp: 5, step: 2 },
    ];
    await post('log-batch', { run_id, metrics: points });
    await post('log-batch', { run_id, metrics: points });
    expect((await history(run_id)).metrics.map((point: { value: number }) => point.value)).toEqual([3, 4, 9]);
    expect((await data(run_id)).metrics).toEqual([{ key: 'loss', value: 4, timestamp: 5, step: 2 }]);
    await post('log-metric', { run_id, key: 'loss', value: 1, timestamp: 1, step: 0 });
    expect((await data(run_id)).metrics[0].value).toBe(4);
  });

  it('keeps NaN by name and the infinities as the largest doubles', async () => {
    const run_id = await create();
    await post('log-metric', { run_id, key: 'loss', value: 'NaN', timestamp: 1 });
    await post('log-metric', { run_id, key: 'up', value: 'Infinity', timestamp: 1 });
    await post('log-metric', { run_id, key: 'down', value: '-Infinity', timestamp: '1', step: '-5' });
    const { metrics } = await data(run_id);
    expect(metrics.map((metric: { value: unknown }) => metric.value)).toEqual([
      -Number.MAX_VALUE,
      'NaN',
      Number.MAX_VALUE,
    ]);
    expect((await history(run_id)).metrics).toEqual([{ key: 'loss', value: 'NaN', timestamp: 1, step: 0 }]);
    await post('log-metric', { run_id, key: 'loss', value: 0.5, timestamp: 1 });
    expect((await data(run_id)).metrics[1].value).toBe(0.5);
  });

  it('gives a history page by page', async () => {
    const run_id = await create();
    const metrics = Array.from({ length: 5 }, (_, step) => ({ key: 'loss', value: step / 2, timestamp: step, step }));
    await post('log-batch', { run_id, metrics });
    const first = await history(run_id, '&max_results=3');
    expect(first.metrics).toHaveLength(3);
    const second = await history(run_id, `&max_results=3&page_token=${first.next_page_token}`);
    expect([...first.metrics, ...second.metrics].map((point: { step: number }) => point.step)).toEqual([0, 1, 2, 3, 4]);
    expect(second).not.toHaveProperty('next_page_token');
    expect(
      (await platform.call('GET', `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=none`)).body,
    ).toEqual({});
    expect(
      (await platform.call('GET', `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=loss&page_token=x`))
        .status,
    ).toBe(400);
  });

  it('never changes a parameter, and logs nothing of a batch that tries', async () => {
    const run_id = await create();
    await post('log-parameter', { run_id, key: 'depth', value: '3' });
    expect((await post('log-parameter', { run_id, key: 'depth', value: '3' })).status).toBe(200);
    const refused = await post('log-batch', {
      run_id,
      params: [
        { key: 'new', value: '1' },
        { key: 'depth', value: '4' },
      ],
      metrics: [{ key: 'loss', value: 1, timestamp: 1 }],
      tags: [{ key: 't', value: '1' }],
    });
    expect(refused).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(refused.body.message).toContain('Changing param values is not allowed');
    const logged = await data(run_id);
    expect(logged.params).toEqual([{ key: 'depth', value: '3' }]);
    expect(logged).not.toHaveProperty('metrics');
    expect(logged.tags).toHaveLength(1);
  });

  it('keeps empty values, cuts long ones, and overwrites tags', async () => {
    const run_id = await create();
    await post('log-parameter', { run_id, key: 'empty' });
    await post('log-parameter', { run_id, key: 'long', value: 'x'.repeat(7000) });
    await post('set-tag', { run_id, key: 'tag', value: 'one' });
    await post('set-tag', { run_id, key: 'tag', value: 'ZWJ 👩‍🔬' });
    const { params, tags } = await data(run_id);
    expect(params.map((param: { value: string }) => param.value.length)).toEqual([0, 6000]);
    expect(tags).toContainEqual({ key: 'tag', value: 'ZWJ 👩‍🔬' });
    expect((await post('delete-tag', { run_id, key: 'tag' })).body).toEqual({});
    expect((await post('delete-tag', { run_id, key: 'tag' })).status).toBe(404);
  });

  it('notes the models of older clients in a tag, each once', async () => {
    const run_id = await create();
    const model_json = JSON.stringify({ artifact_path: 'model', flavors: {}, utc_time_created: 'now', run_id });
    await post('log-model', { run_id, model_json });
    await post('log-model', { run_id, model_json });
    const { tags } = await data(run_id);
    const text = tags.find((tag: { key: string }) => tag.key === 'mlflow.log-model.history').value;
    expect(JSON.parse(text)).toHaveLength(1);
    expect((await post('log-model', { run_id, model_json: '[]' })).body.message).toContain('Malformed model info');
    expect((await post('log-model', { run_id, model_json: '{}' })).body.message).toContain('missing mandatory fields');
  });

  it('takes parallel batches with the same keys in any order', async () => {
    const run_id = await create();
    const batches = Array.from({ length: 12 }, (_, step) => {
      const metrics = Array.from({ length: 20 }, (_each, key) => ({
        key: `metric ${key}`,
        value: step,
        timestamp: step,
        step,
      }));
      return { run_id, metrics: step % 2 === 0 ? metrics : metrics.toReversed() };
    });
    const answers = await Promise.all(batches.map((batch) => post('log-batch', batch)));
    expect(answers.map(({ status }) => status)).toEqual(batches.map(() => 200));
    const { metrics } = await data(run_id);
    expect(metrics.map((metric: { value: number }) => metric.value)).toEqual(Array.from({ length: 20 }, () => 11));
  });

  it.each([
    [{ metrics: [{ key: 'a', value: 1 }] }, "Missing value for required parameter 'metrics[0].timestamp'"],
    [
      { metrics: [{ key: 'a', value: true, timestamp: 1 }] },
      "Invalid value true for parameter 'metrics[0].value' supplied",
    ],
    [{ metrics: [{ key: '../a', value: 1, timestamp: 1 }] }, 'must not resolve to other names'],
    [{ metrics: [{ key: 'a$', value: 1, timestamp: 1 }] }, 'Names may only contain'],
    [{ metrics: [{ key: 'a', value: 1, timestamp: -1 }] }, "for parameter 'metrics[0].timestamp' supplied"],
    [
      { metrics: [{ key: 'a', value: 1, timestamp: 1, model_id: 'm-none' }] },
      "Logged model with ID 'm-none' not found",
    ],
    [
      {
        params: [
          { key: 'a', value: '1' },
          { key: 'a', value: '1' },
        ],
      },
      'Duplicate parameter keys have been submitted',
    ],
    [
      { params: Array.from({ length: 101 }, (_, key) => ({ key: `k${key}`, value: '' })) },
      'A batch logging request can contain at most 100 params',
    ],
    [{ tags: 'x' }, 'Invalid value "x" for parameter \'tags\' supplied'],
    [{ tags: [{ key: 'x'.repeat(251), value: '' }] }, 'exceeds the maximum length of 250 characters'],
    [{ tags: [{ key: 'a', value: '\ud800' }] }, 'surrogate pair'],
  ])('refuses %j', async (batch, message) => {
    const answer = await post('log-batch', { run_id: await create(), ...batch });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.message).toContain(message);
  });
});
