import { permissions, roles } from '@assay/contracts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { AccessModule } from './access.module.js';

const database = testDatabase();
const platform = testPlatform(database, { modules: [AccessModule], services: ['registry'] });

const routes: readonly (readonly [method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, valid: object])[] = [
  ['POST', '/api/v1/setup', { secret: 's', email: 'a@example.org', name: 'n', password: 'long enough' }],
  ['POST', '/api/v1/sessions', { email: 'a@example.org', password: 'p' }],
  ['POST', '/api/v1/me/password', { password: 'p', newPassword: 'long enough' }],
  ['POST', '/api/v1/people', { email: 'not an address', name: 'n', password: 'long enough', roles: ['viewer'] }],
  ['PATCH', '/api/v1/people/x', { name: 'n', roles: ['viewer'], disabled: true }],
  ['POST', '/api/v1/tokens', { name: 'n', expiresInDays: 0 }],
  ['DELETE', '/api/v1/tokens/x', {}],
  ['PUT', '/api/v1/groups/x', { members: ['y'] }],
];

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>('', '\u0000', '\ud800', '💥'.repeat(5000), -1, 1e308, '99999999999999999999', null, [], {}),
);

beforeAll(() => {
  actorNamed('everything', { permissions, roles });
});

describe('bad input', () => {
  it.each(routes)('%s %s with one field of nonsense is never a fault of the server', async (method, path, valid) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(valid), 'extra'), odd, async (field, value) => {
        const answer = await platform.call(method, path, { ...valid, [field]: value }, 'everything');
        // A valid field may be replaced by another valid one; then the call succeeds.
        expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
        if (answer.status >= 400) expect(answer.body.detail.length).toBeGreaterThan(10);
      }),
      { numRuns: 40 },
    );
  });

  it('has made nobody', async () => {
    expect(await database.query('select 1 from access.person')).toEqual([]);
    expect(await database.query('select 1 from access.api_token')).toEqual([]);
  });
});
