import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

describe('what clients ask of the server', () => {
  const platform = testPlatform(testDatabase(), { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });

  it('speaks the wire of a real MLflow release', async () => {
    expect((await platform.call('GET', '/version')).body).toBe('3.17.2');
  });

  it('says what it can do, on both prefixes', async () => {
    for (const prefix of ['/api', '/ajax-api']) {
      const { body } = await platform.call('GET', `${prefix}/3.0/mlflow/server-info`);
      expect(body).toMatchObject({
        store_type: 'SqlStore',
        workspaces_enabled: false,
        multipart_downloads_enabled: false,
      });
    }
  });

  it('answers 400 to a body that is not JSON', async () => {
    const answer = await platform.call('POST', '/api/2.0/mlflow/runs/create', 'a=b', undefined, {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(answer.body.message).toContain('Content-Type must be one of');
  });
});
