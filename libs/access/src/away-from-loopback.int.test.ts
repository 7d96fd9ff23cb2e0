import { TokenCredentialReader } from '@assay/access-reads';
import { testDatabase, testPlatform } from '@assay/testing';
import { expect, it } from 'vitest';
import { AccessModule } from './access.module.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AccessModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
  environment: { ASSAY_HTTP_HOST: '0.0.0.0' },
});

it('takes no caller at their word on a server that others can reach, also while nobody exists', async () => {
  expect((await platform.call('GET', '/api/v1/me')).status).toBe(401);
});
