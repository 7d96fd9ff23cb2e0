import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';

const mlflow = '/api/2.0/mlflow';
const mark = { key: 'mlflow.prompt.is_prompt', value: 'true' };

describe('prompts in the registry', () => {
  const platform = testPlatform(testDatabase(), { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const post = (path: string, body: object) => platform.call('POST', `${mlflow}/${path}`, body);

  beforeAll(async () => {
    await post('registered-models/create', { name: 'a-model' });
    await post('registered-models/create', { name: 'no-prompt', tags: [{ ...mark, value: 'false' }] });
    await post('registered-models/create', { name: 'a-prompt', tags: [mark] });
    await post('model-versions/create', { name: 'a-model', source: 's3://bucket/key' });
    await post('model-versions/create', { name: 'a-prompt', source: 'dummy-source', tags: [mark] });
  });

  const tag = 'tags.`mlflow.prompt.is_prompt`';
  it.each([
    ['', ['a-model', 'no-prompt']],
    ["name LIKE '%'", ['a-model', 'no-prompt']],
    [`${tag} != 'true'`, ['a-model', 'no-prompt']],
    [`${tag} = 'false'`, ['a-model', 'no-prompt']],
    [`${tag} LIKE '%'`, ['a-model', 'no-prompt']],
    [`${tag} = 'true'`, ['a-prompt']],
    [`${tag} != 'false'`, ['a-prompt']],
    [`name = 'a-model' AND ${tag} = 'true'`, []],
    [`name = 'a-prompt' AND ${tag} != 'true'`, []],
  ])('are among the models only if asked for: %s', async (filter, expected) => {
    const query = new URLSearchParams(filter === '' ? {} : { filter }).toString();
    const models = await platform.call('GET', `${mlflow}/registered-models/search?${query}`);
    expect((models.body.registered_models ?? []).map(({ name }: { name: string }) => name)).toEqual(expected);
    const versions = await platform.call('GET', `${mlflow}/model-versions/search?${query}`);
    expect((versions.body.model_versions ?? []).map(({ name }: { name: string }) => name)).toEqual(
      expected.filter((name) => name !== 'no-prompt'),
    );
  });

  it.each([
    ['a-prompt', 's3://bucket/key', [mark]],
    ['a-prompt', '/etc/passwd', [mark]],
    ['a-prompt', 'prompt-template', [mark, { ...mark, value: 'false' }]],
    ['a-model', 'dummy-source', []],
    ['a-model', 'prompt-template', [{ ...mark, value: 'false' }]],
  ])('have placeholders for sources, and only they: %s from %s %j', async (name, source, tags) => {
    expect(await post('model-versions/create', { name, source, tags })).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE' },
    });
  });

  it('take either placeholder', async () => {
    for (const source of ['dummy-source', 'prompt-template'])
      expect((await post('model-versions/create', { name: 'a-prompt', source, tags: [mark] })).status).toBe(200);
  });
});
