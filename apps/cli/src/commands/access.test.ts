import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

const at = '2026-01-01T00:00:00Z';
const ada = { id: 'p1', email: 'ada@example.com', name: 'Ada', roles: ['viewer'], createdAt: at, disabledAt: null };
const nightly = { id: 's1', name: 'nightly', roles: ['viewer'], createdBy: 'p0', createdAt: at, disabledAt: null };
const token = { id: 't1', name: 'ci', token: 'assay_t1', expiresAt: at };

/** A server with Ada and one service account, who are what was last said of them. */
function aServer(secrets: string[] = []) {
  return aCommandLine(
    ({ method, path, body }) => {
      const given = body === '' ? {} : JSON.parse(body);
      if (path === '/api/v1/people' && method === 'GET') return { json: { people: [ada] } };
      if (path === '/api/v1/people') return { status: 201, json: { ...ada, roles: given.roles } };
      if (path === '/api/v1/people/p1') return { json: { ...ada, ...(given.roles ? { roles: given.roles } : {}) } };
      if (path === '/api/v1/groups/risk')
        return {
          json: {
            name: 'risk',
            members: given.members.map((personId: string) => ({ personId, source: 'manual', since: at })),
          },
        };
      if (path === '/api/v1/service-accounts' && method === 'GET') return { json: { serviceAccounts: [nightly] } };
      if (path === '/api/v1/service-accounts/s1')
        return { json: { ...nightly, disabledAt: given.disabled ? at : null } };
      if (path === '/api/v1/service-accounts/s1/tokens' || path === '/api/v1/tokens')
        return { status: 201, json: token };
      return undefined;
    },
    { environment: { ASSAY_URL: 'http://127.0.0.1:5000', ASSAY_TOKEN: 'assay_admin' }, secrets },
  );
}

describe('assay people', () => {
  it('adds somebody with a first password that never stands in an argument', async () => {
    const { run, sent } = aServer(['first words\n']);
    const { code, out } = await run(
      'people',
      'add',
      'bob@example.com',
      '--role',
      'viewer',
      '--password-stdin',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out).roles).toEqual(['viewer']);
    expect(JSON.parse(sent.at(-1)?.body ?? '')).toEqual({
      email: 'bob@example.com',
      name: 'bob',
      roles: ['viewer'],
      password: 'first words',
    });
  });

  it('adds somebody without a password who signs in at the provider', async () => {
    const { run, sent } = aServer();
    await run('people', 'add', 'bob@example.com', '--role', 'viewer', '--oidc');
    expect(JSON.parse(sent.at(-1)?.body ?? '')).not.toHaveProperty('password');
  });

  it('changes roles by address, and refuses to change nothing or an unknown person', async () => {
    const { run, sent } = aServer();
    expect((await run('people', 'set', 'Ada@example.com', '--role', 'approver', 'viewer')).out).toContain('approver');
    expect(sent.at(-1)).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/people/p1',
      body: '{"roles":["approver","viewer"]}',
    });
    expect((await run('people', 'set', 'ada@example.com')).code).toBe(2);
    expect((await run('people', 'set', 'nobody', '--disable')).code).toBe(5);
    expect((await run('people', 'set', 'p1', '--role', 'king')).code).toBe(2);
  });
});

describe('assay groups', () => {
  it('says who is in a group, by their addresses', async () => {
    const { run, sent } = aServer();
    expect((await run('groups', 'set', 'risk', 'ada@example.com')).out).toBe('risk: 1 in it.\n');
    expect(sent.at(-1)).toMatchObject({ method: 'PUT', body: '{"members":["p1"]}' });
    expect((await run('groups', 'set', 'risk', 'nobody@example.com')).code).toBe(5);
  });
});

describe('assay service-accounts and tokens', () => {
  it('make narrowed tokens, and print the token alone', async () => {
    const { run, sent } = aServer();
    expect((await run('service-accounts', 'token', 'nightly', 'ci', '--scope', 'tracking:write')).out).toBe(
      'assay_t1\n',
    );
    expect(JSON.parse(sent.at(-1)?.body ?? '').scopes).toEqual(['tracking:write']);
    expect((await run('tokens', 'create', 'ci', '--scope', 'registry:read')).out).toBe('assay_t1\n');
    expect((await run('tokens', 'create', 'ci', '--scope', 'everything')).code).toBe(2);
  });

  it('refuse a program', async () => {
    const { run } = aServer();
    expect((await run('service-accounts', 'set', 'nightly', '--disable')).out).toBe('nightly: disabled\n');
    expect((await run('service-accounts', 'set', 'nightly')).code).toBe(2);
    expect((await run('service-accounts', 'add', 'signer', '--role', 'approver')).code).toBe(2);
  });
});
