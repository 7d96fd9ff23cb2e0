import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const root = '/api/2.0/mlflow/experiments';

describe('experiments', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = (path: string, body: object) => platform.call('POST', `${root}/${path}`, body);
  const create = async (name: string, more: object = {}): Promise<string> =>
    (await post('create', { name, ...more })).body.experiment_id;

  it('knows the default experiment from the start', async () => {
    const { body } = await platform.call('GET', `${root}/get?experiment_id=0`);
    expect(body.experiment).toMatchObject({
      experiment_id: '0',
      name: 'Default',
      lifecycle_stage: 'active',
      artifact_location: 'mlflow-artifacts:/0',
    });
  });

  it('creates one with tags and a record of it, and refuses the name a second time', async () => {
    const id = await create('credit', { tags: [{ key: 'team', value: 'risk' }] });
    const { body } = await platform.call('GET', `${root}/get-by-name?experiment_name=credit`);
    expect(body.experiment).toMatchObject({
      experiment_id: id,
      artifact_location: `mlflow-artifacts:/${id}`,
      tags: [{ key: 'team', value: 'risk' }],
    });
    const records = await database.query(
      `select record -> 'target' ->> 'id' as id from audit.inbox where record ->> 'action' = 'tracking.experiment.created.v1'`,
    );
    expect(records).toContainEqual({ id });
    expect(await post('create', { name: 'credit' })).toMatchObject({
      status: 400,
      body: { error_code: 'RESOURCE_ALREADY_EXISTS' },
    });
  });

  it('renames, deletes and restores; a deleted one is still found, and its name stays taken', async () => {
    const id = await create('first name');
    expect((await post('update', { experiment_id: id, new_name: 'second name' })).body).toEqual({});
    expect((await post('delete', { experiment_id: id })).status).toBe(200);
    expect(
      (await platform.call('GET', `${root}/get-by-name?experiment_name=second%20name`)).body.experiment.lifecycle_stage,
    ).toBe('deleted');
    expect((await post('create', { name: 'second name' })).body.error_code).toBe('RESOURCE_ALREADY_EXISTS');
    expect((await post('delete', { experiment_id: id })).status).toBe(404);
    expect((await post('update', { experiment_id: id, new_name: 'third' })).body.message).toContain(
      "must be in the 'active' state",
    );
    expect((await post('restore', { experiment_id: id })).status).toBe(200);
    expect((await platform.call('GET', `${root}/get?experiment_id=${id}`)).body.experiment.lifecycle_stage).toBe(
      'active',
    );
  });

  it('sets and deletes tags', async () => {
    const id = await create('tagged');
    await post('set-experiment-tag', { experiment_id: id, key: 'a', value: '1' });
    await post('set-experiment-tag', { experiment_id: id, key: 'a', value: '2' });
    await post('set-experiment-tag', { experiment_id: id, key: 'empty', value: '' });
    const { body } = await platform.call('GET', `${root}/get?experiment_id=${id}`);
    expect(body.experiment.tags).toEqual([
      { key: 'a', value: '2' },
      { key: 'empty', value: '' },
    ]);
    expect((await post('delete-experiment-tag', { experiment_id: id, key: 'a' })).status).toBe(200);
    expect((await post('delete-experiment-tag', { experiment_id: id, key: 'a' })).status).toBe(404);
  });

  it('searches by filter and order, page by page, by POST and GET', async () => {
    for (const name of ['page a', 'page b', 'page c']) await create(name, { tags: [{ key: 'kind', value: name }] });
    const query = { filter: "name LIKE 'page %'", order_by: ['name DESC'], max_results: 2 };
    const first = await post('search', query);
    expect(first.body.experiments.map((each: { name: string }) => each.name)).toEqual(['page c', 'page b']);
    const second = await post('search', { ...query, page_token: first.body.next_page_token });
    expect(second.body.experiments.map((each: { name: string }) => each.name)).toEqual(['page a']);
    expect(second.body).not.toHaveProperty('next_page_token');
    const byQuery = await platform.call(
      'GET',
      `${root}/search?max_results=5&order_by=name&filter=${encodeURIComponent("tags.kind = 'page b'")}`,
    );
    expect(byQuery.body.experiments).toHaveLength(1);
    expect((await post('search', { filter: "name = 'none'" })).body).toEqual({});
    expect((await post('search', { filter: "experiment_id IN ('0')" })).body.experiments).toHaveLength(1);
  });

  it.each([
    ['create', {}, "Missing value for required parameter 'name'"],
    ['create', { name: 5 }, "Invalid value 5 for parameter 'name' supplied"],
    ['create', { name: 'x'.repeat(501) }, "'name' exceeds the maximum length of 500 characters"],
    ['create', { name: 'local', artifact_location: '/etc' }, 'Invalid artifact location'],
    ['delete', { experiment_id: 'abc' }, "for parameter 'experiment_id' supplied"],
    ['search', { max_results: 0 }, "Invalid value 0 for parameter 'max_results' supplied"],
    ['search', { filter: 'name = ' }, 'Invalid clause(s) in filter string'],
    ['search', { page_token: 'garbage' }, 'Invalid page token'],
    ['search', { order_by: ['color'] }, "Invalid order_by key 'color'"],
  ])('refuses %s %j', async (path, body, message) => {
    const answer = await post(path, body);
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(answer.body.message).toContain(message);
  });

  it('answers 404 for unknown ids and names', async () => {
    expect((await platform.call('GET', `${root}/get?experiment_id=999999`)).body.error_code).toBe(
      'RESOURCE_DOES_NOT_EXIST',
    );
    expect((await platform.call('GET', `${root}/get-by-name?experiment_name=none`)).body.error_code).toBe(
      'RESOURCE_DOES_NOT_EXIST',
    );
    expect((await platform.call('GET', `${root}/get?experiment_id=999999999999999999999`)).status).toBe(400);
  });
});
