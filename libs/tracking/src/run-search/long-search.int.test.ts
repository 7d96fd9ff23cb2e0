import { ArtifactsModule } from '@assay/platform/artifacts';
import { ProcessCaches } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const count = 3000;

/** Answers too long to be made whole are sent piece by piece. */
describe('a search that finds thousands of runs', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  let experiment = '';

  beforeAll(async () => {
    experiment = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'long' })).body
      .experiment_id;
    const body = { experiment_id: experiment };
    const create = (place: number) =>
      platform.call('POST', '/api/2.0/mlflow/runs/create', { ...body, run_name: `run ${place}`, start_time: place });
    for (let from = 0; from < count; from += 500)
      await Promise.all(Array.from({ length: 500 }, (_, place) => create(from + place)));
  });

  interface Found {
    readonly info: { readonly run_name: string };
  }
  const search = async (query: object) =>
    platform.call('POST', '/api/2.0/mlflow/runs/search', { experiment_ids: [experiment], ...query });
  const newestFirst = Array.from({ length: count }, (_, place) => `run ${count - 1 - place}`);

  it.each(['read from the database', 'kept rendered'])('gives each of them once and in order, %s', async (how) => {
    if (how === 'read from the database') platform.get(ProcessCaches).dropAll();
    const { status, headers, body } = await search({ max_results: 50_000 });
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'application/json; charset=utf-8',
    });
    expect(body.runs.map(({ info }: Found) => info.run_name)).toEqual(newestFirst);
    expect(body).not.toHaveProperty('next_page_token');
  });

  it('tells where it goes on', async () => {
    const first = (await search({ max_results: 2000 })).body;
    const second = (await search({ max_results: 2000, page_token: first.next_page_token })).body;
    expect([...first.runs, ...second.runs].map(({ info }: Found) => info.run_name)).toEqual(newestFirst);
    expect(second).not.toHaveProperty('next_page_token');
  });
});
