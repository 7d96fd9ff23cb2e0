import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';

const root = '/api/2.0/mlflow/registered-models';
const versions = '/api/2.0/mlflow/model-versions';

describe('registered models over MLflow’s API', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const post = (path: string, body: object) => platform.call('POST', `${root}/${path}`, body);
  const get = (name: string) => platform.call('GET', `${root}/get?name=${encodeURIComponent(name)}`);
  const create = (name: string, more: object = {}) => post('create', { name, ...more });
  const external = (name: string) => platform.call('POST', `${versions}/create`, { name, source: 's3://bucket/key' });

  it('creates, finds and describes a model, and leaves a record of each', async () => {
    const created = await create('plain', { tags: [{ key: 'team', value: 'risk' }], description: 'first' });
    expect(created.status).toBe(200);
    expect(created.headers['assay-audit-id']).toBeTruthy();
    expect(created.body.registered_model).toMatchObject({
      name: 'plain',
      description: 'first',
      tags: [{ key: 'team', value: 'risk' }],
    });
    expect(created.body.registered_model).not.toHaveProperty('latest_versions');
    expect(created.body.registered_model).not.toHaveProperty('aliases');
    const described = await platform.call('PATCH', `${root}/update`, { name: 'plain', description: '' });
    expect(described.body.registered_model.description).toBe('');
    expect((await get('plain')).body.registered_model.description).toBe('');
    const [record] = await database.query(
      `select record, personal from audit.inbox where record ->> 'action' = 'registry.model.created.v1'`,
    );
    expect(JSON.stringify(record?.['record'])).not.toContain('first');
    expect(record?.['personal']).toMatchObject({ description: 'first' });
  });

  it.each([
    ['create', { name: 'plain' }, 400, 'RESOURCE_ALREADY_EXISTS'],
    ['create', {}, 400, 'INVALID_PARAMETER_VALUE'],
    ['create', { name: 'a/b' }, 400, 'INVALID_PARAMETER_VALUE'],
    ['rename', { name: 'nobody', new_name: 'x' }, 404, 'RESOURCE_DOES_NOT_EXIST'],
    ['set-tag', { name: 'nobody', key: 'k', value: 'v' }, 404, 'RESOURCE_DOES_NOT_EXIST'],
    ['alias', { name: 'plain', alias: 'champion', version: '1' }, 404, 'RESOURCE_DOES_NOT_EXIST'],
  ])('refuses %s %j', async (path, body, status, code) => {
    expect(await post(path, body)).toMatchObject({ status, body: { error_code: code } });
  });

  it('sets and deletes tags; deleting an absent one is no error', async () => {
    await create('tagged');
    await post('set-tag', { name: 'tagged', key: 'a', value: '1' });
    await post('set-tag', { name: 'tagged', key: 'a', value: '2' });
    await post('set-tag', { name: 'tagged', key: 'b' });
    expect((await get('tagged')).body.registered_model.tags).toEqual([
      { key: 'a', value: '2' },
      { key: 'b', value: '' },
    ]);
    for (let call = 0; call < 2; call += 1) {
      expect((await platform.call('DELETE', `${root}/delete-tag`, { name: 'tagged', key: 'a' })).status).toBe(200);
    }
    expect((await get('tagged')).body.registered_model.tags).toEqual([{ key: 'b', value: '' }]);
  });

  it('renames with everything that belongs to it', async () => {
    await create('old name', { tags: [{ key: 'k', value: 'v' }] });
    await external('old name');
    await post('alias', { name: 'old name', alias: 'champion', version: '1' });
    const renamed = await post('rename', { name: 'old name', new_name: 'new name' });
    expect(renamed.body.registered_model).toMatchObject({
      name: 'new name',
      tags: [{ key: 'k', value: 'v' }],
      aliases: [{ alias: 'champion', version: '1' }],
      latest_versions: [{ name: 'new name', version: '1' }],
    });
    expect((await get('old name')).status).toBe(404);
    expect((await post('rename', { name: 'new name', new_name: 'plain' })).body.error_code).toBe(
      'RESOURCE_ALREADY_EXISTS',
    );
  });

  it('deletes a model, empties its pointers, and frees the name for another model', async () => {
    await create('gone');
    await external('gone');
    await post('alias', { name: 'gone', alias: 'champion', version: '1' });
    expect((await platform.call('DELETE', `${root}/delete`, { name: 'gone' })).status).toBe(200);
    expect((await get('gone')).status).toBe(404);
    expect((await platform.call('DELETE', `${root}/delete`, { name: 'gone' })).status).toBe(404);
    const moves = await database.query(
      `select via, to_version from registry.pointer_move p join registry.registered_model m on m.id = p.model_id where m.name = 'gone' order by sequence`,
    );
    expect(moves).toEqual([
      { via: 'alias', to_version: '1' },
      { via: 'model-delete', to_version: null },
    ]);
    await create('gone');
    expect((await external('gone')).body.model_version).toMatchObject({ version: '1', status: 'READY' });
  });

  it('searches by filter and order, page by page, without prompts', async () => {
    for (const name of ['Page a', 'page b', 'page c']) await create(name, { tags: [{ key: 'kind', value: name }] });
    await create('page prompt', { tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] });
    const search = async (query: Record<string, string>) =>
      (await platform.call('GET', `${root}/search?${new URLSearchParams(query)}`)).body;
    const names = (body: { registered_models?: { name: string }[] }) =>
      (body.registered_models ?? []).map(({ name }) => name);
    const first = await search({ filter: "name ILIKE 'page %'", order_by: 'name DESC', max_results: '2' });
    expect(names(first)).toEqual(['page c', 'page b']);
    const second = await search({
      filter: "name ILIKE 'page %'",
      order_by: 'name DESC',
      max_results: '2',
      page_token: first.next_page_token,
    });
    expect(names(second)).toEqual(['Page a']);
    expect(second).not.toHaveProperty('next_page_token');
    expect(names(await search({ filter: "tags.kind = 'page b'" }))).toEqual(['page b']);
    expect(names(await search({ filter: "tags.kind != 'page b' AND name LIKE 'page %'" }))).toEqual(['page c']);
    expect(names(await search({ filter: "name LIKE 'page\\_%'" }))).toEqual([]);
    expect(names(await search({ filter: "name IN ('page c', 'x')" }))).toEqual(['page c']);
    expect(names(await search({ filter: "tags.`mlflow.prompt.is_prompt` = 'true'" }))).toEqual(['page prompt']);
    expect(names(await search({ filter: "tags.`mlflow.prompt.is_prompt` != 'true' AND name LIKE 'page %'" }))).toEqual([
      'page b',
      'page c',
    ]);
    const byTime = await search({ order_by: 'last_updated_timestamp DESC', max_results: '1' });
    const next = await search({
      order_by: 'last_updated_timestamp DESC',
      max_results: '1',
      page_token: byTime.next_page_token,
    });
    expect(names(next)).not.toEqual(names(byTime));
    expect(await search({ page_token: 'garbage' })).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    expect(await search({ page_token: byTime.next_page_token })).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
    });
  });

  it('keeps workspaces apart', async () => {
    actorNamed('stranger', { workspace: 'other' });
    await create('ours');
    expect((await platform.call('GET', `${root}/get?name=ours`, undefined, 'stranger')).status).toBe(404);
    expect((await platform.call('DELETE', `${root}/delete`, { name: 'ours' }, 'stranger')).status).toBe(404);
    expect((await platform.call('POST', `${root}/create`, { name: 'ours' }, 'stranger')).status).toBe(200);
    expect(
      (
        await platform.call(
          'GET',
          `${root}/search?filter=${encodeURIComponent("name = 'ours'")}`,
          undefined,
          'stranger',
        )
      ).body.registered_models,
    ).toHaveLength(1);
  });

  it('serves the mirror path and refuses a caller who may only read', async () => {
    actorNamed('reader', { permissions: ['registry:read'] });
    expect(
      (await platform.call('GET', '/ajax-api/2.0/mlflow/registered-models/get?name=plain', undefined, 'reader')).status,
    ).toBe(200);
    expect((await platform.call('POST', `${root}/create`, { name: 'x' }, 'reader')).status).toBe(403);
  });
});
