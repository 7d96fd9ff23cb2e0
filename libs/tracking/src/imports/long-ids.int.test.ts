import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const root = '/api/2.0/mlflow';
/** As MLflow's file store makes them: 18 digits, more than a double holds. */
const ids = ['412345678901234567', '412345678901234568', '412345678901234569'];

describe('an experiment that was imported with an id beyond 2^53', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = async (path: string, body: object) => {
    const answer = await platform.call('POST', path, body);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body;
  };
  const [experiment_id = ''] = ids;

  beforeAll(async () => {
    for (const id of ids) {
      const times = { creation_time: 1, last_update_time: 1 };
      const request = { origin: 'files', experiment_id: id, name: `number ${id}`, ...times };
      await post('/api/v1/imports/experiments', request);
    }
  });

  it('keeps them', async () => {
    for (const id of ids) {
      const { body } = await platform.call('GET', `${root}/experiments/get?experiment_id=${id}`);
      expect(body.experiment).toMatchObject({ experiment_id: id, name: `number ${id}` });
    }
  });

  it('takes runs, which are found by what they logged', async () => {
    const { run } = await post(`${root}/runs/create`, { experiment_id });
    const { run_id } = run.info;
    expect(run.info.experiment_id).toBe(experiment_id);
    await post(`${root}/runs/log-batch`, {
      run_id,
      metrics: [{ key: 'loss', value: 0.5, timestamp: 1, step: 1 }],
      params: [{ key: 'depth', value: '3' }],
      tags: [{ key: 'team', value: 'risk' }],
    });
    for (const query of [
      { filter: 'metrics.loss < 1' },
      { filter: "params.depth = '3'" },
      { filter: "tags.team = 'risk'" },
      { order_by: ['metrics.loss DESC'] },
    ]) {
      const { runs } = await post(`${root}/runs/search`, { experiment_ids: [experiment_id], ...query });
      expect(runs, JSON.stringify(query)).toMatchObject([{ info: { run_id, experiment_id } }]);
      const elsewhere = await post(`${root}/runs/search`, { experiment_ids: [ids[1]], ...query });
      expect(elsewhere, JSON.stringify(query)).toEqual({});
    }
  });

  it.each([[[]], [['experiment_id DESC']]])('is on a page of its own, ordered by %j', async (order_by) => {
    const seen: string[] = [];
    let page_token = '';
    do {
      const query = { max_results: 1, order_by, filter: "name LIKE 'number %'" };
      const page = await post(`${root}/experiments/search`, { ...query, ...(page_token && { page_token }) });
      seen.push(...page.experiments.map((each: { experiment_id: string }) => each.experiment_id));
      page_token = page.next_page_token ?? '';
    } while (page_token !== '');
    expect(seen).toEqual(order_by.length === 0 ? ids : ids.toReversed());
  });
});
