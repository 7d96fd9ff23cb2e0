import { acrossWorkspaces } from '@assay/platform/database';
import { TokenCredentialReader } from '@assay/access-reads';
import { CredentialReader } from '@assay/platform/auth';
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
let root = '';
let ada = '';
let adaId = '';
const reader = () => platform.get(CredentialReader);
const within = (workspace: string) => ({ 'x-mlflow-workspace': workspace });
const call = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body: unknown, as: string, workspace = '') =>
  platform.call(method, `/api/v1${path}`, body, as, within(workspace));
const me = (as: string, workspace = '') => call('GET', '/me', undefined, as, workspace);

/** Adds somebody, who chooses a password of their own, and answers the id and a session. */
async function person(
  name: string,
  roles: string[],
  by = root,
  workspace = '',
): Promise<{ id: string; token: string }> {
  const email = `${name}@example.org`;
  const { id } = (await call('POST', '/people', { email, name, password, roles }, by, workspace)).body;
  const first = await platform.call('POST', '/api/v1/sessions', { email, password });
  const own = { password, newPassword: `${password} of ${name}` };
  await platform.call('POST', '/api/v1/me/password', own, first.body.token);
  const { token } = (await platform.call('POST', '/api/v1/sessions', { email, password: own.newPassword })).body;
  return { id, token };
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  const secret = await platform.get(SetUp).secretIfNeeded();
  const first = { email: 'root@example.org', name: 'Root', password, secret };
  root = (await platform.call('POST', '/api/v1/setup', first)).body.token;
  ({ id: adaId, token: ada } = await person('ada', ['viewer']));
});

describe('workspaces', () => {
  it('are made by administrators of the installation, who administer them', async () => {
    expect((await call('POST', '/workspaces', { name: 'fraud' }, root)).status).toBe(201);
    expect((await call('POST', '/workspaces', { name: 'fraud' }, root)).status).toBe(409);
    expect((await call('POST', '/workspaces', { name: 'More/../x' }, root)).status).toBe(400);
    expect((await me(root, 'fraud')).body).toMatchObject({ workspace: 'fraud', roles: ['admin'] });
    expect((await call('POST', '/workspaces', { name: 'mine' }, ada)).status).toBe(403);
  });

  it('are chosen by the header, by whoever is a member, with the roles held there', async () => {
    const put = await call('PUT', `/workspaces/fraud/members/${adaId}`, { roles: ['contributor'] }, root);
    expect(put.body).toEqual({ personId: adaId, name: 'ada', roles: ['contributor'] });
    expect((await me(ada)).body).toMatchObject({ workspace: 'default', roles: ['viewer'] });
    expect((await me(ada, 'fraud')).body).toMatchObject({ workspace: 'fraud', roles: ['contributor'] });
    const { workspaces } = (await call('GET', '/workspaces', undefined, ada)).body;
    expect(workspaces.map(({ name }: { name: string }) => name)).toEqual(['default', 'fraud']);
  });

  it('hold the tokens that were made in them', async () => {
    const inside = (await call('POST', '/tokens', { name: 'ci' }, ada, 'fraud')).body.token;
    expect((await me(inside)).body.workspace).toBe('fraud');
    expect((await me(inside, 'default')).status).toBe(404);
  });

  it('look the same to a stranger whether or not they exist', async () => {
    const { token } = await person('sam', ['viewer']);
    const [forbidden, unknown] = [await me(token, 'fraud'), await me(token, 'frauds')];
    expect(forbidden.status).toBe(404);
    expect(forbidden.body.detail.replace('fraud', 'frauds')).toBe(unknown.body.detail);
    expect((await me('assay_unknown', 'fraud')).status).toBe(401);
  });

  it('end for whoever loses every role in them', async () => {
    await call('PUT', `/workspaces/fraud/members/${adaId}`, { roles: [] }, root);
    expect((await me(ada, 'fraud')).status).toBe(404);
    const { members } = (await call('GET', '/workspaces/fraud/members', undefined, root)).body;
    expect(members.map(({ name }: { name: string }) => name)).toEqual(['Root']);
  });
});

describe('somebody who has left a workspace', () => {
  it('keeps nothing that was granted to a group of it, not even by a token that was made in it', async () => {
    const { id } = await person('lea', ['viewer']);
    const email = 'lea@example.org';
    await call('PUT', `/workspaces/fraud/members/${id}`, { roles: ['viewer'] }, root);
    await call('PUT', '/groups/analysts', { members: [id] }, root, 'fraud');
    const allow = { pattern: 'scores-*', permissions: ['registry:read'], effect: 'allow' };
    await call('POST', '/model-grants', { ...allow, subjectKind: 'group', subject: 'analysts' }, root, 'fraud');
    const session = await platform.call('POST', '/api/v1/sessions', { email, password: `${password} of lea` });
    const inside = (await call('POST', '/tokens', { name: 'ci' }, session.body.token, 'fraud')).body.token;
    expect(await reader().actorOf({ token: inside }, null)).toMatchObject({
      groups: ['analysts'],
      modelGrants: [allow],
    });
    await call('PUT', `/workspaces/fraud/members/${id}`, { roles: [] }, root);
    const after = await reader().actorOf({ token: inside }, null);
    expect(after).toMatchObject({ groups: [], permissions: [] });
    expect(after?.modelGrants).toBeUndefined();
    await call('PUT', `/workspaces/fraud/members/${id}`, { roles: ['viewer'] }, root);
    expect((await reader().actorOf({ token: inside }, null))?.groups).toEqual([]);
  });
});

describe('an administrator of one workspace', () => {
  it('sees and changes nothing of another, nor the account of somebody from there', async () => {
    const { token, id } = await person('bea', ['admin'], root, 'fraud');
    expect((await me(token)).body).toMatchObject({ workspace: 'fraud', roles: ['admin'] });
    expect((await call('GET', `/people/${adaId}`, undefined, token)).status).toBe(404);
    expect((await call('PATCH', `/people/${adaId}`, { password: 'taken over' }, token)).status).toBe(404);
    expect((await call('GET', '/workspaces/default/members', undefined, token)).status).toBe(404);
    expect((await call('PUT', `/workspaces/default/members/${id}`, { roles: ['admin'] }, token)).status).toBe(404);
    expect((await call('POST', '/workspaces', { name: 'own' }, token)).status).toBe(403);
    await call('PUT', `/workspaces/fraud/members/${adaId}`, { roles: ['viewer'] }, root);
    for (const change of [{ password: 'taken over' }, { disabled: true }, { name: 'Eve' }])
      expect((await call('PATCH', `/people/${adaId}`, change, token)).status).toBe(403);
    expect((await call('PATCH', `/people/${adaId}`, { roles: ['contributor'] }, token)).status).toBe(200);
    expect((await me(ada)).body.roles).toEqual(['viewer']);
  });
});

describe('who audits or administers a workspace', () => {
  it('reads the records of that one, and of the whole installation only where that is `default`', async () => {
    const { id, token } = await person('ann', ['auditor']);
    await call('PUT', `/workspaces/fraud/members/${id}`, { roles: ['auditor', 'admin'] }, root);
    const permissions = async (as: string, workspace = ''): Promise<string[]> =>
      (await me(as, workspace)).body.permissions;
    expect(await permissions(token)).toEqual(expect.arrayContaining(['audit:read', 'audit:read-all']));
    expect(await permissions(token, 'fraud')).toContain('audit:read');
    expect(await permissions(token, 'fraud')).not.toContain('audit:read-all');
  });
});

describe('the last administrator of a workspace', () => {
  it('stays one, also where the account is of another workspace', async () => {
    const { id, token } = await person('noa', ['admin']);
    expect((await call('POST', '/workspaces', { name: 'small' }, token)).status).toBe(201);
    const disable = () => call('PATCH', `/people/${id}`, { disabled: true }, root);
    expect(await disable()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('last administrator') },
    });
    expect((await call('PUT', `/workspaces/small/members/${id}`, { roles: ['viewer'] }, root)).status).toBe(409);
    expect((await call('PUT', `/workspaces/small/members/${adaId}`, { roles: ['admin'] }, root)).status).toBe(200);
    expect((await disable()).status).toBe(200);
    expect((await me(token, 'small')).status).toBe(401);
  });
});

describe('grants on models', () => {
  const grant = {
    subjectKind: 'role',
    subject: 'viewer',
    pattern: 'secret-*',
    permissions: ['registry:read'],
    effect: 'deny',
  };

  it('come with the caller, by person, group and role, in their own workspace', async () => {
    const { body } = await call('POST', '/model-grants', grant, root);
    const others = [
      { ...grant, subjectKind: 'person', subject: adaId, pattern: 'a' },
      { ...grant, subjectKind: 'group', subject: 'risk', pattern: 'b' },
      { ...grant, subjectKind: 'person', subject: 'somebody else', pattern: 'c' },
    ];
    for (const other of others) expect((await call('POST', '/model-grants', other, root)).status).toBe(201);
    await call('PUT', '/groups/risk', { members: [adaId] }, root);
    const actor = await reader().actorOf({ token: ada }, null);
    expect(actor?.modelGrants?.map(({ pattern }) => pattern).toSorted()).toEqual(['a', 'b', 'secret-*']);
    expect((await reader().actorOf({ token: ada }, 'fraud'))?.modelGrants).toBeUndefined();
    expect((await platform.call('DELETE', `/api/v1/model-grants/${body.id}`, undefined, root)).status).toBe(200);
    const after = await reader().actorOf({ token: ada }, null);
    expect(after?.modelGrants?.map(({ pattern }) => pattern).toSorted()).toEqual(['a', 'b']);
    expect((await platform.call('DELETE', `/api/v1/model-grants/${body.id}`, undefined, root)).status).toBe(404);
  });

  it('are refused for a role that is none', async () => {
    expect((await call('POST', '/model-grants', { ...grant, subject: 'king' }, root)).status).toBe(400);
  });
});
