import { acrossWorkspaces } from '@assay/platform/database';
import { CredentialProof, TokenCredentialReader } from '@assay/access-reads';
import { testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessModule } from '../access.module.js';
import { SetUp } from '../set-up/set-up.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AccessModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const password = 'correct horse';
let admin = '';
let adminId = '';
let account = '';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  const secret = await platform.get(SetUp).secretIfNeeded();
  const root = { email: 'root@example.org', name: 'Root', password, secret };
  admin = (await platform.call('POST', '/api/v1/setup', root)).body.token;
  adminId = (await me(admin)).body.id;
});

const me = (token: string) => platform.call('GET', '/api/v1/me', undefined, token);
const accounts = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object, as = admin) =>
  platform.call(method, `/api/v1/service-accounts${path}`, body, as);

describe('service accounts', () => {
  it('call in their own name with a token that an administrator made', async () => {
    const made = await accounts('POST', '', { name: 'nightly', roles: ['contributor'] });
    expect(made.status).toBe(201);
    account = made.body.id;
    const { body } = await accounts('POST', `/${account}/tokens`, { name: 'cluster' });
    const who = await me(body.token);
    expect(who.body).toMatchObject({ id: account, kind: 'service', name: 'nightly', roles: ['contributor'] });
    expect(who.body.permissions).toContain('tracking:write');
  });

  it('have a name of their own', async () => {
    expect((await accounts('POST', '', { name: 'nightly', roles: ['viewer'] })).status).toBe(409);
  });

  it('never hold a role that signs, also by SQL', async () => {
    const refused = await accounts('POST', '', { name: 'signer', roles: ['approver'] });
    expect(refused.status).toBe(400);
    expect((await accounts('PATCH', `/${account}`, { roles: ['viewer', 'approver'] })).status).toBe(400);
    await expect(
      database.query(`update access.service_account set roles = '["approver"]' where id = $1`, [account]),
    ).rejects.toThrow('service_account_signs_nothing');
  });

  it('make no tokens themselves, and are made by administrators only', async () => {
    const { body } = await accounts('POST', `/${account}/tokens`, { name: 'second' });
    expect((await platform.call('POST', '/api/v1/tokens', { name: 'more' }, body.token)).status).toBe(403);
    expect((await accounts('POST', '', { name: 'other', roles: ['viewer'] }, body.token)).status).toBe(403);
    expect((await accounts('POST', '/none/tokens', { name: 'x' })).status).toBe(404);
  });

  it('lose their roles and their access at once, and their tokens for good', async () => {
    const { body } = await accounts('POST', `/${account}/tokens`, { name: 'third' });
    expect((await me(body.token)).body.permissions).toContain('tracking:write');
    await accounts('PATCH', `/${account}`, { roles: ['viewer'] });
    expect((await me(body.token)).body.permissions).not.toContain('tracking:write');
    await accounts('PATCH', `/${account}`, { disabled: true });
    expect((await me(body.token)).status).toBe(401);
    expect((await accounts('POST', `/${account}/tokens`, { name: 'fourth' })).status).toBe(409);
    await accounts('PATCH', `/${account}`, { disabled: false });
    expect((await me(body.token)).status).toBe(401);
    expect((await me((await accounts('POST', `/${account}/tokens`, { name: 'fifth' })).body.token)).status).toBe(200);
  });
});

describe('narrowed tokens', () => {
  const narrowed = async (scopes: string[]): Promise<string> => {
    const made = await platform.call('POST', '/api/v1/tokens', { name: scopes.join(), scopes }, admin);
    expect(made.status).toBe(201);
    return made.body.token;
  };

  it('may what their holder may and their scopes say, and no more', async () => {
    const token = await narrowed(['registry:read', 'promotions:decide']);
    expect((await me(token)).body.permissions).toEqual(['registry:read']); // an administrator decides nothing
    expect((await platform.call('GET', '/api/v1/people', undefined, token)).status).toBe(403);
  });

  it('make no other token, and see and revoke none but themselves', async () => {
    const token = await narrowed(['tracking:read']);
    const { tokenId } = (await me(token)).body;
    expect((await platform.call('POST', '/api/v1/tokens', { name: 'wider' }, token)).status).toBe(403);
    const { tokens } = (await platform.call('GET', '/api/v1/tokens', undefined, token)).body;
    expect(tokens.map(({ id }: { id: string }) => id)).toEqual([tokenId]);
    const other = (await me(admin)).body.tokenId;
    const unknown = await platform.call('DELETE', '/api/v1/tokens/none', undefined, token);
    const forbidden = await platform.call('DELETE', `/api/v1/tokens/${other}`, undefined, token);
    expect(forbidden.status).toBe(404);
    expect(forbidden.body.detail.replace(other, 'none')).toBe(unknown.body.detail);
    expect((await platform.call('DELETE', `/api/v1/tokens/${tokenId}`, undefined, token)).status).toBe(200);
    expect((await me(token)).status).toBe(401);
  });

  it('are refused with a scope that is none', async () => {
    for (const scopes of [['everything'], [], 'registry:read'])
      expect((await platform.call('POST', '/api/v1/tokens', { name: 'x', scopes }, admin)).status).toBe(400);
  });

  it('prove a decision only where deciding is among their scopes; a service account’s never', async () => {
    const proof = (token: string, personId = adminId) =>
      platform.get(CredentialProof).verify({ id: personId, kind: 'person' }, { token });
    expect(await proof(await narrowed(['registry:read']))).toBeNull();
    expect(await proof(await narrowed(['promotions:decide']))).toBe('token');
    const { body } = await accounts('POST', `/${account}/tokens`, { name: 'signing' });
    expect(await proof(body.token, account)).toBeNull();
  });

  it('are listed with prefix, scopes, expiry and last use', async () => {
    const token = await narrowed(['drift:read']);
    const { tokenId } = (await me(token)).body;
    const listed = async () => {
      const { tokens } = (await platform.call('GET', '/api/v1/tokens', undefined, admin)).body;
      return tokens.find(({ id }: { id: string }) => id === tokenId);
    };
    expect(await listed()).toMatchObject({ prefix: `assay_${tokenId}_`, scopes: ['drift:read'], revokedAt: null });
    expect(token.startsWith(`assay_${tokenId}_`)).toBe(true);
    await expect.poll(async () => (await listed()).lastUsedAt).not.toBeNull();
    const { lastUsedAt } = await listed();
    for (let call = 0; call < 20; call += 1) await me(token);
    expect((await listed()).lastUsedAt).toBe(lastUsedAt); // once a minute, however many calls
  });
});
