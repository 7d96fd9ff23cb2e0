import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, requireTestDatabase } from './config.js';

describe('readConfig', () => {
  it('takes the documented defaults', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      port: 5000,
      http: { host: '127.0.0.1' },
      artifacts: { url: null },
      queue: { redisUrl: null },
    });
  });

  it('names a misspelt variable', () => {
    expect(() => readConfig({ ASSAY_PROT: '1' })).toThrow(
      new ConfigError('ASSAY_PROT is no setting of Assay: see "assay config" for their names.'),
    );
  });

  it.each([
    ['ASSAY_PORT', 'eighty'],
    ['ASSAY_PORT', '70000'],
    ['ASSAY_RUNNER_BACKEND', 'gpu'],
    ['ASSAY_TESTING', 'yes'],
    ['ASSAY_OIDC_ISSUER', 'http://sso.example'],
    ['ASSAY_HTTP_TRUSTED_PROXIES', 'ingress'],
    ['ASSAY_HTTP_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['ASSAY_HTTP_TRUSTED_PROXIES', '0.0.0.0/0'],
    ['ASSAY_OIDC_GROUP_ROLES', 'risk=approver'],
  ])('refuses %s=%s in one sentence that names it', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name} is not acceptable: .+\\.$`));
  });

  it('masks every secret in what it shows', () => {
    const config = readConfig({
      ASSAY_DATABASE_URL: 'postgres://user:s3cret@db.example/assay',
      ASSAY_ARTIFACTS_URL: 'https://key:s3cret@s3.example/bucket',
      ASSAY_QUEUE_REDIS_URL: 'redis://:s3cret@redis.example',
      ASSAY_OIDC_CLIENT_SECRET: 's3cret',
    });
    const shown = JSON.stringify(config.describe());
    expect(shown).not.toContain('s3cret');
    expect(shown).toContain('postgres://user:…@db.example/assay');
  });

  it('documents every setting', () => {
    for (const { name, about } of readConfig({}).describe()) expect(about, name).toMatch(/\.$/);
  });
});

describe('requireTestDatabase', () => {
  it('takes loopback and a database whose name ends in _test', () => {
    expect(() => requireTestDatabase(readConfig({}), 'postgres://u:p@127.0.0.1:5432/assay_test')).not.toThrow();
  });

  it.each([
    ['another database', {}, 'postgres://u:p@127.0.0.1:5432/assay', '"assay" does not'],
    ['a database without a name', {}, 'postgres://u:p@127.0.0.1:5432', 'no name is given'],
    ['an open address', { ASSAY_HTTP_HOST: '0.0.0.0' }, 'postgres://u:p@127.0.0.1/assay_test', 'this machine alone'],
  ])('refuses %s', (_name, environment, url, said) => {
    expect(() => requireTestDatabase(readConfig(environment), url)).toThrow(said);
  });
});
