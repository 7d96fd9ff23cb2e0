import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { TrackedFiles } from './tracked-files.builder.js';

const models = '/api/2.0/mlflow/registered-models';
const root = '/api/2.0/mlflow/model-versions';

describe('a version that is a copy of another', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const tracked = new TrackedFiles(database, platform);
  const register = (name: string, source: string) => platform.call('POST', `${root}/create`, { name, source });
  const model = (name: string) => platform.call('POST', `${models}/create`, { name });

  it('remembers what a copy is a copy of, also of a copy and across a rename, and its authors are those of the original', async () => {
    const as = (id: string, more: object = {}) => actorNamed(id, { id, ...more }).id;
    const run = await tracked.run({ createdBy: 'trainer' });
    await tracked.file('run', run, 'm/MLmodel', 'x');
    const create = (by: string, name: string, source: string) =>
      platform.call('POST', `${root}/create`, { name, source }, as(by));
    for (const name of ['dev', 'staging', 'live']) await model(name);
    expect((await create('rita', 'dev', `runs:/${run}/m`)).status).toBe(200);
    expect((await create('carl', 'staging', 'models:/dev/1')).status).toBe(200);
    expect((await create('cleo', 'live', 'models:/staging/1')).status).toBe(200);
    await platform.call('POST', `${models}/rename`, { name: 'staging', new_name: 'stage' });
    const manifest = async (name: string, by?: string) =>
      (await platform.call('GET', `/api/v1/models/${name}/versions/1/manifest`, undefined, by)).body;
    const first = await manifest('dev');
    expect(first.copiedFrom).toBeNull();
    const last = await manifest('live');
    expect(last).toMatchObject({ digest: first.digest, copiedFrom: { model: 'stage', version: '1' } });
    const authors = await database.query('select registry.author_ids($1, 1) as id order by 1', [last.modelId]);
    expect(authors.map(({ id }) => id)).toEqual(['carl', 'cleo', 'rita', 'somebody', 'trainer']);
    const [record] = await database.query(
      `select record -> 'after' -> 'copiedFrom' as origin from audit.inbox
         where record ->> 'action' = 'registry.version.registered.v1' and record -> 'target' ->> 'id' = $1`,
      [last.modelId],
    );
    expect(record?.['origin']).toMatchObject({ version: 1 });
  });

  it('neither copies nor names a version of a model that the caller may not read', async () => {
    const stranger = actorNamed('stranger', {
      modelGrants: [{ pattern: 'sec*', permissions: ['registry:read'], effect: 'deny' }],
    }).id;
    await model('secret');
    await model('open');
    await register('secret', `runs:/${await runWithFile()}/m`);
    const refused = await platform.call(
      'POST',
      `${root}/create`,
      { name: 'open', source: 'models:/secret/1' },
      stranger,
    );
    expect([refused.status, refused.body.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    await register('open', 'models:/secret/1');
    const manifest = (by?: string) => platform.call('GET', '/api/v1/models/open/versions/1/manifest', undefined, by);
    expect((await manifest()).body.copiedFrom).toMatchObject({ model: 'secret' });
    expect((await manifest(stranger)).body.copiedFrom).toBeNull();
  });

  async function runWithFile(): Promise<string> {
    const run = await tracked.run();
    await tracked.file('run', run, 'm/MLmodel', 'x');
    return run;
  }
});
