import { TokenCredentialReader } from '@assay/access-reads';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { AccessModule } from '../access.module.js';
import { TestProvider } from './provider.builder.js';

const gone = await new TestProvider().listen(() => 'http://127.0.0.1/');
await gone.close();

describe('a provider that was never there', () => {
  const platform = testPlatform(testDatabase(), {
    modules: [AccessModule],
    services: ['registry'],
    credentials: TokenCredentialReader,
    environment: {
      ASSAY_LOG_LEVEL: 'fatal',
      ASSAY_OIDC_ISSUER: gone.issuer,
      ASSAY_OIDC_CLIENT_ID: 'assay',
      ASSAY_OIDC_REDIRECT_URL: 'https://assay.example/api/v1/oidc/callback',
    },
  });

  it('is told in a sentence, and names nothing of what is behind it', async () => {
    const { status, body } = await platform.call('GET', '/api/v1/oidc/start');
    expect(status).toBe(503);
    expect(body.detail).toContain('does not answer');
    expect(JSON.stringify(body)).not.toMatch(/ECONN|127\.0\.0\.1|stack/);
  });
});

describe('a server without a provider', () => {
  const platform = testPlatform(testDatabase(), {
    modules: [AccessModule],
    services: ['registry'],
    credentials: TokenCredentialReader,
  });

  it('says so', async () => {
    for (const path of ['/api/v1/oidc/start', '/api/v1/oidc/callback?state=x']) {
      const { status, body } = await platform.call('GET', path);
      expect(status).toBe(404);
      expect(body.detail).toContain('sign in with a password');
    }
  });
});
