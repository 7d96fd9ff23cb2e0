import { TokenCredentialReader } from '@assay/access-reads';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { AccessModule } from '../access.module.js';
import { SetUp } from '../set-up/set-up.js';

const base = '/api/2.0/mlflow/users';
const password = 'correct horse battery';

describe('MLflow’s users API', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [AccessModule],
    services: ['registry'],
    credentials: TokenCredentialReader,
  });
  let root = '';
  const post = (body: object, as = root) => platform.call('POST', `${base}/create`, body, as);
  const patch = (what: string, body: object, as = root) => platform.call('PATCH', `${base}/${what}`, body, as);
  const get = (username: string, as = root) =>
    platform.call('GET', `${base}/get?username=${encodeURIComponent(username)}`, undefined, as);

  async function signIn(email: string, secret: string): Promise<{ status: number; token: string }> {
    const { status, body } = await platform.call('POST', '/api/v1/sessions', { email, password: secret });
    return { status, token: body.token };
  }

  beforeAll(async () => {
    const secret = await platform.get(SetUp).secretIfNeeded();
    const owner = { secret, email: 'root@assay.example', name: 'Root', password };
    root = (await platform.call('POST', '/api/v1/setup', owner)).body.token;
  });

  it('makes a person who contributes, signs in, and is found whatever the capitals', async () => {
    const made = await post({ username: 'NewUser', password });
    expect(made).toMatchObject({ status: 200, body: { user: { username: 'NewUser', is_admin: false } } });
    expect(made.headers['assay-audit-id']).toBeTruthy();
    expect((await get('newuser')).body).toEqual(made.body);
    const { token } = await signIn('newuser', password);
    const { body: me } = await platform.call('GET', '/api/v1/me', undefined, token);
    expect(me).toMatchObject({ id: made.body.user.id, roles: ['contributor'] });
    expect((await platform.call('GET', `${base}/current`, undefined, token)).body).toEqual({
      user: made.body.user,
      is_basic_auth: true,
    });
    const { body } = await platform.call('GET', `${base}/list`, undefined, root);
    expect(body.users).toContainEqual({ ...made.body.user, roles: [{ name: 'contributor', workspace: 'default' }] });
  });

  it.each([
    [{ username: '', password }, 'INVALID_PARAMETER_VALUE', /username/],
    [{ username: 'a b', password }, 'INVALID_PARAMETER_VALUE', /username/],
    [{ username: 'weak', password: '' }, 'INVALID_PARAMETER_VALUE', /password/],
    [{ username: 'weak', password: 'short' }, 'INVALID_PARAMETER_VALUE', /^Password must be at least 12 characters\.$/],
    [{ username: 'correct-horse-battery', password: 'Correct-horse-battery' }, 'INVALID_PARAMETER_VALUE', /another/],
    [
      { username: 'ROOT@assay.example', password },
      'RESOURCE_ALREADY_EXISTS',
      /^User \(username=ROOT@.*already exists\.$/,
    ],
  ])('refuses %j', async (body, code, message) => {
    const refused = await post(body);
    expect(refused).toMatchObject({ status: 400, body: { error_code: code } });
    expect(refused.body.message).toMatch(message);
  });

  it('is for administrators, but for what is one’s own', async () => {
    await post({ username: 'eve', password });
    const { token: eve } = await signIn('eve', password);
    expect((await get('eve', eve)).status).toBe(200);
    for (const answer of [
      await get('root@assay.example', eve),
      await get('nobody', eve),
      await post({ username: 'mallory', password }, eve),
      await platform.call('GET', `${base}/list`, undefined, eve),
      await patch('update-admin', { username: 'eve', is_admin: true }, eve),
      await patch('update-password', { username: 'root@assay.example', password }, eve),
      await platform.call('DELETE', `${base}/delete`, { username: 'root@assay.example' }, eve),
    ])
      expect(answer).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
    expect((await get('nobody')).body).toEqual({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'User with username=nobody not found',
    });
  });

  it('changes a password: one’s own with the one that holds, another’s as an administrator', async () => {
    await post({ username: 'max', password });
    const { token: max } = await signIn('max', password);
    const change = (more: object) =>
      patch('update-password', { username: 'max', password: 'another horse battery', ...more }, max);
    expect((await change({})).body.message).toBe('Current password is required when changing your own password.');
    expect((await change({ current_password: 'wrong' })).body.message).toBe('Current password does not match.');
    expect((await change({ current_password: password, password })).body.message).toMatch(/must differ/);
    expect(await change({ current_password: password })).toMatchObject({ status: 200, body: {} });
    expect((await signIn('max', 'another horse battery')).status).toBe(201);
    expect(await patch('update-password', { username: 'max', password: 'a third horse battery' })).toMatchObject({
      status: 200,
    });
    expect((await signIn('max', 'another horse battery')).status).toBe(401);
    expect((await signIn('max', 'a third horse battery')).status).toBe(201);
  });

  it('makes administrators and takes that back, but never of the last one', async () => {
    await post({ username: 'ada', password });
    await patch('update-admin', { username: 'ada', is_admin: true });
    expect((await get('ada')).body.user.is_admin).toBe(true);
    await patch('update-admin', { username: 'ada', is_admin: false });
    expect((await get('ada')).body.user.is_admin).toBe(false);
    expect(await patch('update-admin', { username: 'root@assay.example', is_admin: false })).toMatchObject({
      status: 409,
      body: { error_code: 'RESOURCE_CONFLICT' },
    });
  });

  it('deletes a user, whose name stays taken', async () => {
    await post({ username: 'gone', password });
    const { token } = await signIn('gone', password);
    expect(await platform.call('DELETE', `${base}/delete`, { username: 'gone' }, root)).toMatchObject({
      status: 200,
      body: {},
    });
    expect((await get('gone')).status).toBe(404);
    expect((await platform.call('GET', '/api/v1/me', undefined, token)).status).toBe(401);
    expect((await post({ username: 'gone', password })).body.error_code).toBe('RESOURCE_ALREADY_EXISTS');
    expect(await platform.call('DELETE', `${base}/delete`, { username: 'root@assay.example' }, root)).toMatchObject({
      status: 400,
      body: { error_code: 'BAD_REQUEST' },
    });
  });
});
