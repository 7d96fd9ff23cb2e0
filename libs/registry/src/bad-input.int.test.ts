import { ArtifactsModule } from '@assay/platform/artifacts';
import { EndpointRegistry } from '@assay/platform/http';
import { testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegistryModule } from './registry.module.js';

const models = '/api/2.0/mlflow/registered-models';

/** Texts that have broken registries: traversal, encodings, SQL, overlong, unpaired surrogates, other scripts. */
const nasty = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '..',
    '../../etc/passwd',
    '%2e%2e%2f',
    "'; drop table registry.pointer; --",
    '\u0000',
    '\ud800',
    '𝒜',
    '-1',
    '0',
    '1e999',
    'NaN',
  ),
  fc.constantFrom(
    'm',
    '1',
    'champion',
    'stage:Production',
    'latest',
    "name = 'm'",
    'name DESC',
    'x'.repeat(3_000),
    '9'.repeat(25),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const value = fc.oneof(
  { weight: 6, arbitrary: nasty },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.double() },
);
const fields = [
  'name',
  'new_name',
  'version',
  'alias',
  'key',
  'value',
  'source',
  'run_id',
  'model_id',
  'stage',
  'stages',
  'tags',
  'filter',
  'order_by',
  'max_results',
  'page_token',
  'description',
  'archive_existing_versions',
  'path',
  'asOf',
  'limit',
  'before',
  'expected',
  'target',
  'sensitive',
];

describe('bad input to any endpoint of the registry', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });

  it('is answered by a 4xx in the right shape, never by a 5xx', async () => {
    await platform.call('POST', `${models}/create`, { name: 'm' });
    await platform.call('POST', '/api/2.0/mlflow/model-versions/create', { name: 'm', source: 's3://b/k' });
    const endpoints = platform
      .get(EndpointRegistry)
      .all()
      .flatMap(({ method, path }) =>
        (typeof path === 'string' ? [path] : [...path]).map((each) => ({ method, path: each })),
      )
      .filter(({ method }) => method !== 'HEAD');
    expect(endpoints.length).toBeGreaterThan(30);
    const input = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...endpoints),
        input,
        nasty,
        nasty,
        async ({ method, path }, given, first, second) => {
          const parts = [first, second].map((text) => encodeURIComponent(text.toWellFormed()) || 'm');
          const url = path.replaceAll(/:(\w+)|\*/g, () => parts.shift() ?? 'x');
          const isQuery = method === 'GET' || path.endsWith('/datasets/:name/versions');
          const query = isQuery ? `?${queryOf(given)}` : '';
          const sent = method === 'HEAD' ? 'GET' : method;
          const answer = await platform.call(sent, `${url}${query}`, isQuery ? undefined : given);
          const said = `${method} ${url}${query} ${JSON.stringify(given)} → ${answer.status} ${JSON.stringify(answer.body)}`;
          expect(answer.status, said).toBeLessThan(500);
          if (answer.status >= 400) expect(typeof (answer.body.error_code ?? answer.body.code), said).toBe('string');
        },
      ),
      { numRuns: 600, seed: 20261122 },
    );
  });
});

function queryOf(given: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [key, each] of Object.entries(given))
    query.append(key, (typeof each === 'string' ? each : (JSON.stringify(each) ?? '')).toWellFormed());
  return query.toString();
}
