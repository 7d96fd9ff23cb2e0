import { localPermissions } from '@assay/contracts';
import { type EndpointOptions, EndpointRegistry } from '@assay/platform/http';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';

const database = testDatabase();
const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
const base = '/api/2.0/mlflow/registered-models';
const everything = ['registry:read', 'registry:register', 'registry:write', 'promotions:request'] as const;

beforeAll(async () => {
  actorNamed('owner');
  const deny = { pattern: 'secret-*', permissions: everything, effect: 'deny' } as const;
  const allow = { pattern: 'open-*', permissions: everything, effect: 'allow' } as const;
  actorNamed('denied', { permissions: localPermissions, modelGrants: [deny] });
  actorNamed('guest', { roles: [], permissions: [], modelGrants: [allow] });
  for (const name of ['secret-model', 'open-model', 'other'])
    await platform.call('POST', `${base}/create`, { name }, 'owner');
});

describe('grants on models', () => {
  it('hide a denied model from a read, a write and a search, as if there were none', async () => {
    const seen = async (as: string) =>
      (await platform.call('GET', `${base}/search`, undefined, as)).body.registered_models.map(
        ({ name }: { name: string }) => name,
      );
    expect(await seen('denied')).toEqual(['open-model', 'other']);
    expect(await seen('owner')).toEqual(['open-model', 'other', 'secret-model']);
    const change = (name: string) =>
      platform.call('PATCH', `${base}/update`, { name, description: 'mine now' }, 'denied');
    expect((await change('other')).status).toBe(200);
    expect((await change('secret-model')).status).toBe(404);
    const made = await platform.call('POST', `${base}/create`, { name: 'secret-second' }, 'denied');
    expect(made.status).toBe(403);
  });

  it('let in whom no role lets in, for the models that they name', async () => {
    const get = (name: string) => platform.call('GET', `${base}/get?name=${name}`, undefined, 'guest');
    expect((await get('open-model')).status).toBe(200);
    const [forbidden, unknown] = [await get('secret-model'), await get('secret-nothing')];
    expect(forbidden.status).toBe(404);
    expect(JSON.stringify(forbidden.body).replace('secret-model', 'secret-nothing')).toBe(JSON.stringify(unknown.body));
    expect((await platform.call('GET', `${base}/search`, undefined, 'guest')).status).toBe(403);
    expect((await platform.call('POST', `${base}/create`, { name: 'open-second' }, 'guest')).status).toBe(200);
  });

  it('are asked by every endpoint whose address names models', () => {
    const named = (endpoint: EndpointOptions): boolean =>
      /mlflow\/(?:registered-models|model-versions)\/(?!search)|\/api\/v1\/models\/:name|pointer-moves/.test(
        String(endpoint.path),
      );
    const endpoints = platform.get(EndpointRegistry).all().filter(named);
    expect(endpoints.length).toBeGreaterThan(25);
    expect(
      endpoints.filter(({ models }) => models === undefined).map(({ method, path }) => `${method} ${String(path)}`),
    ).toEqual([]);
  });

  it('answer alike for a forbidden and an unknown model, at every endpoint', async () => {
    const endpoints = platform
      .get(EndpointRegistry)
      .all()
      .filter(({ models }) => models !== undefined && models.creates !== true);
    const differing: string[] = [];
    for (const { method, path } of endpoints) {
      if (method === 'HEAD') continue;
      const ask = async (name: string) => {
        const address = String(path).split(',')[0] ?? '';
        const input = {
          name,
          model: name,
          new_name: name,
          alias: 'a',
          version: '1',
          stage: 'None',
          source: 's',
          key: 'k',
          value: 'v',
          reason: 'r',
          pointer: 'p',
          path: 'x',
          moves: [{ model: name, alias: 'a', version: '1', expected: null }],
        };
        const url = address.replaceAll(/:(\w+)/g, (_, field: string) => String(Reflect.get(input, field) ?? 'x'));
        const query = method === 'GET' ? `?name=${name}&version=1&alias=a&path=x` : '';
        const { status, body } = await platform.call(
          method,
          url + query,
          method === 'GET' ? undefined : input,
          'denied',
        );
        const { requestId: _, instance: __, ...said } = Object(body);
        return JSON.stringify([status, said]).replaceAll(name, 'NAME');
      };
      const [forbidden, unknown] = [await ask('secret-model'), await ask('nothing-here')];
      if (forbidden !== unknown) differing.push(`${method} ${String(path)}: ${forbidden} / ${unknown}`);
    }
    expect(differing).toEqual([]);
  });
});
