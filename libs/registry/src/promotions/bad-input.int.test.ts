import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { permissions, roles } from '@assay/contracts';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { RegistryModule } from '../registry.module.js';

const database = testDatabase();
const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });

const { facts } = anEvaluation();
const signed = { comment: 'c', credential: { password: 'p' } };
const routes: readonly (readonly [method: 'GET' | 'POST', path: string, valid: object])[] = [
  ['POST', '/api/v1/policies', { text: 'policy: a', dryRun: true }],
  ['POST', '/api/v1/evaluations', facts],
  [
    'POST',
    '/api/v1/promotions',
    { moves: [{ model: 'm', pointer: 'champion', version: '1', expectedHolder: null }], reason: 'r' },
  ],
  ['POST', '/api/v1/promotions/x/approve', signed],
  ['POST', '/api/v1/promotions/x/refuse', signed],
  ['POST', '/api/v1/promotions/x/withdraw', { comment: 'c' }],
  ['POST', '/api/v1/promotions/x/check', {}],
];

/** JSON of every kind, odd texts included. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    '',
    '\u0000',
    '\ud800',
    'a'.repeat(70_000),
    1e308,
    -1,
    9_007_199_254_740_992,
    '99999999999999999999',
    null,
    [],
    {},
    '💥',
  ),
);

beforeAll(() => {
  const job = { jobId: 'j', epoch: 1, runId: null, recipe: 'evaluate' };
  actorNamed('everything', { permissions, roles });
  actorNamed('evaluator', { kind: 'job', permissions, roles: [], job });
});

describe('bad input', () => {
  it.each(routes)('%s %s with one field of nonsense is a 4xx that says what is wrong', async (method, path, valid) => {
    const fields = Object.keys(valid);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...fields, 'extra'),
        odd,
        fc.constantFrom('everything', 'evaluator'),
        async (field, value, who) => {
          const answer = await platform.call(method, path, { ...valid, [field]: value }, who);
          expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.body.detail.length).toBeGreaterThan(10);
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([
    '/api/v1/promotions?limit=0',
    '/api/v1/promotions?state=gone',
    '/api/v1/evaluations',
    '/api/v1/evaluations?model=nobody',
    '/api/v1/policies/nobody?version=99999999999999999999',
    '/api/v1/policies/%00',
    '/api/v1/promotions/%F0%9F%92%A5',
    `/api/v1/promotions/${'x'.repeat(500)}`,
  ])('GET %s is a 4xx', async (path) => {
    const answer = await platform.call('GET', path, undefined, 'everything');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it('leaves nothing behind', async () => {
    for (const table of ['policy', 'policy_version', 'evaluation', 'promotion', 'promotion_decision']) {
      expect(await database.query(`select 1 from registry.${table}`)).toEqual([]);
    }
  });
});
