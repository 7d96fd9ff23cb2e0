import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const root = '/api/2.0/mlflow/runs';

interface Logged {
  auc?: number | string;
  model?: string;
  team?: string;
  dataset?: string;
}

/** Runs by name; start times rise in this order. */
const logged: Readonly<Record<string, Logged>> = {
  alpha: { auc: 0.7, model: 'mlp', team: 'risk', dataset: 'train' },
  beta: { auc: 0.9, model: 'MLP' },
  gamma: { auc: 'NaN', model: 'tree', team: 'risk' },
  delta: { team: '100%' },
};

describe('searching runs', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = (path: string, body: object) => platform.call('POST', `${root}/${path}`, body);
  const ids: Record<string, string> = {};
  let experiment = '';

  beforeAll(async () => {
    experiment = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'searched' })).body
      .experiment_id;
    for (const [place, [name, { auc, model, team, dataset }]] of Object.entries(logged).entries()) {
      const run_id = (await post('create', { experiment_id: experiment, run_name: name, start_time: place })).body.run
        .info.run_id;
      ids[name] = run_id;
      await post('log-batch', {
        run_id,
        metrics: auc === undefined ? [] : [{ key: 'val auc', value: auc, timestamp: 1 }],
        params: model === undefined ? [] : [{ key: 'model', value: model }],
        tags: team === undefined ? [] : [{ key: 'team', value: team }],
      });
      if (dataset !== undefined) {
        await post('log-inputs', {
          run_id,
          datasets: [
            {
              dataset: { name: dataset, digest: 'd1', source_type: 'local', source: 's' },
              tags: [{ key: 'mlflow.data.context', value: 'training' }],
            },
          ],
        });
      }
    }
    await post('update', { run_id: ids.beta, status: 'FINISHED', end_time: 50 });
  });

  const search = async (query: object) => post('search', { experiment_ids: [experiment], ...query });
  const names = async (query: object): Promise<string[]> => {
    const { body } = await search(query);
    return (body.runs ?? []).map((run: { info: { run_name: string } }) => run.info.run_name);
  };

  it.each([
    ['', ['delta', 'gamma', 'beta', 'alpha']],
    ['metrics.`val auc` > 0.8', ['beta']],
    ['metrics.`val auc` <= 0.7', ['alpha']],
    ['metrics.`val auc` != 0.7', ['gamma', 'beta']],
    ["params.model = 'mlp'", ['alpha']],
    ["params.model ILIKE 'mlp'", ['beta', 'alpha']],
    ["params.model LIKE 'm%'", ['alpha']],
    ["params.model != 'mlp'", ['gamma', 'beta']],
    ['params.model IS NULL', ['delta']],
    ['tags.team IS NOT NULL', ['delta', 'gamma', 'alpha']],
    ["tags.team LIKE '100\\%'", []],
    ["tags.team = 'risk' AND params.model = 'tree'", ['gamma']],
    ["status = 'FINISHED'", ['beta']],
    ["attributes.`Run name` LIKE '%ta'", ['delta', 'beta']],
    ['start_time >= 2', ['delta', 'gamma']],
    ['end_time < 100.5', ['beta']],
    ["datasets.name = 'train' AND dataset.context = 'training'", ['alpha']],
    ["datasets.digest IN ('d1', 'd2')", ['alpha']],
    ["datasets.context = 'test'", []],
    ["user_id = 'nobody'", []],
  ])('finds %s', async (filter, expected) => {
    expect(await names({ filter })).toEqual(expected);
  });

  it('finds by run id', async () => {
    expect(await names({ filter: `run_id IN ('${ids.alpha}', '${ids.delta}')` })).toEqual(['delta', 'alpha']);
    expect(await names({ filter: `run_id NOT IN ('${ids.alpha}')` })).toEqual(['delta', 'gamma', 'beta']);
  });

  it.each([
    [['metrics.`val auc` DESC'], ['beta', 'alpha', 'gamma', 'delta']],
    [['metrics.`val auc` ASC'], ['alpha', 'beta', 'gamma', 'delta']],
    [['params.model'], ['beta', 'alpha', 'gamma', 'delta']],
    [['params.model DESC'], ['gamma', 'alpha', 'beta', 'delta']],
    [['attributes.end_time DESC'], ['beta', 'delta', 'gamma', 'alpha']],
    [['attributes.run_name'], ['alpha', 'beta', 'delta', 'gamma']],
    [
      ['tags.team ASC', 'start_time ASC'],
      ['delta', 'alpha', 'gamma', 'beta'],
    ],
  ])('orders by %s, whole and page by page', async (order_by, expected) => {
    expect(await names({ order_by })).toEqual(expected);
    const paged: string[] = [];
    let page_token: string | undefined;
    do {
      const { body } = await search({ order_by, max_results: 1, page_token });
      paged.push(...body.runs.map((run: { info: { run_name: string } }) => run.info.run_name));
      page_token = body.next_page_token;
    } while (page_token !== undefined);
    expect(paged).toEqual(expected);
  });

  it('answers nothing without experiments, and each run once for a repeated one', async () => {
    expect((await search({ experiment_ids: [] })).body).toEqual({});
    expect(await names({ experiment_ids: [experiment, experiment] })).toHaveLength(4);
  });

  it('shows deleted runs where they are asked for', async () => {
    await post('delete', { run_id: ids.delta });
    expect(await names({ run_view_type: 'DELETED_ONLY' })).toEqual(['delta']);
    expect(await names({ run_view_type: 3 })).toHaveLength(4);
    await post('restore', { run_id: ids.delta });
  });

  it('gives inputs and outputs with a run', async () => {
    const { body } = await search({ filter: "run_name = 'alpha'" });
    expect(body.runs[0].inputs.dataset_inputs).toEqual([
      {
        tags: [{ key: 'mlflow.data.context', value: 'training' }],
        dataset: { name: 'train', digest: 'd1', source_type: 'local', source: 's' },
      },
    ]);
  });

  it.each([
    [{ filter: "params.model = 'a' OR params.model = 'b'" }, 'Invalid clause(s) in filter string'],
    [{ filter: 'metrics.auc > "x"' }, 'Expected numeric value'],
    [{ order_by: ['metrics.a', 'metrics.a'] }, 'duplicate fields'],
    [{ max_results: 50_001 }, "for parameter 'max_results' supplied"],
    [{ page_token: 'bm90IG91cnM' }, 'Invalid page token'],
    [{ experiment_ids: ['x'] }, "for parameter 'experiment_ids[0]' supplied"],
  ])('refuses %j', async (query, message) => {
    const answer = await search(query);
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(answer.body.message).toContain(message);
  });
});
