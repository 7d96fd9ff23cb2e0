import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';

describe('models and versions from another server', () => {
  const platform = testPlatform(testDatabase(), { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const times = { origin: 'http://old.example', creation_time: 1_700_000_000_000, last_update_time: 1_700_000_000_001 };
  const bring = (what: string, body: object) => platform.call('POST', `/api/v1/imports/${what}`, { ...times, ...body });

  it('keep their numbers and times, and are here already when they come again', async () => {
    expect((await bring('registered-models', { name: 'm' })).body).toEqual({ outcome: 'imported' });
    expect((await bring('registered-models', { name: 'm' })).body).toEqual({ outcome: 'present' });
    const version = { name: 'm', version: '3', source: 's3://bucket/key', original_source: 's3://bucket/key' };
    expect((await bring('model-versions', version)).body).toEqual({ outcome: 'imported' });
    expect((await bring('model-versions', version)).body).toEqual({ outcome: 'present' });
    expect(await bring('model-versions', { ...version, creation_time: 1 })).toMatchObject({ status: 409 });
    const read = await platform.call('GET', '/api/2.0/mlflow/model-versions/get?name=m&version=3');
    expect(read.body.model_version).toMatchObject({ version: '3', creation_timestamp: times.creation_time });
  });

  it.each(['a/b', 'a:b', '..', 'prod%2Dmodel', 'ﬁne', ' a', 'a\u0007'])(
    'are refused a name that none made here may have: %j',
    async (name) => {
      const answer = await bring('registered-models', { name });
      expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_PARAMETER_VALUE' } });
      expect(answer.body.detail).toContain("parameter 'name'");
    },
  );
});
