import { CredentialProof, Standing, TokenCredentialReader } from '@assay/access-reads';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
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
const email = 'ada@example.org';
const [given, own, reset] = ['given to Ada', 'Ada’s own words', 'another gift'];
let admin = '';
let adminId = '';
let ada = '';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  const secret = await platform.get(SetUp).secretIfNeeded();
  const root = { email: 'root@example.org', name: 'Root', password: 'correct horse', secret };
  admin = (await platform.call('POST', '/api/v1/setup', root)).body.token;
  adminId = (await me(admin)).body.id;
  const person = { email, name: 'Ada', password: given, roles: ['approver'] };
  ada = (await platform.call('POST', '/api/v1/people', person, admin)).body.id;
});

const me = (token: string) => platform.call('GET', '/api/v1/me', undefined, token);
const signIn = (password: string) => platform.call('POST', '/api/v1/sessions', { email, password });
const choose = (token: string, password: string, newPassword: string) =>
  platform.call('POST', '/api/v1/me/password', { password, newPassword }, token);
const signs = (credential: { password: string } | { token: string }) =>
  platform.get(CredentialProof).verify({ id: ada, kind: 'person' }, credential);
const passwordFrom = () =>
  platform.get<Database>(databaseToken('registry')).read((tx) => platform.get(Standing).passwordFrom(tx, ada));

describe('a password that somebody chooses', () => {
  const refused = async (password: string): Promise<[number, string]> => {
    const person = { email: 'new@example.org', name: 'New', password, roles: ['viewer'] };
    const { status, body } = await platform.call('POST', '/api/v1/people', person, admin);
    return [status, String(body.detail)];
  };

  it.each(['1234567', 'ünïcödé', ''])('has eight characters at least: %j', async (password) => {
    expect((await refused(password))[0]).toBe(400);
  });

  it.each(['password', 'PassWord', '1234567890', 'trustno1', 'Qwertyuiop'])(
    'is none that is guessed first, however it is written: %s',
    async (password) => {
      expect(await refused(password)).toEqual([400, expect.stringContaining('most common passwords')]);
    },
  );

  it('is asked for the same way of who sets the platform up, changes their own, or comes over MLflow', async () => {
    const secret = 'wrong, but that is asked later';
    const first = { email: 'root@example.org', name: 'Root', password: 'football', secret };
    const { token } = (
      await platform.call('POST', '/api/v1/sessions', { email: 'root@example.org', password: 'correct horse' })
    ).body;
    const answers = [
      await platform.call('POST', '/api/v1/setup', first),
      await choose(token, 'correct horse', 'iloveyou'),
      await platform.call(
        'POST',
        '/api/2.0/mlflow/users/create',
        { username: 'mia@example.org', password: '123qweasdzxc' },
        admin,
      ),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    for (const { body } of answers) expect(JSON.stringify(body)).toContain('most common passwords');
  });

  it('needs no digit and no sign, and is kept as it was typed, spaces and letters of any script included', async () => {
    for (const password of ['aaaaaaaaaaaaaaaa', 'пароль из слов', '        x']) {
      const address = `p${password.length}@example.org`;
      const person = { email: address, name: 'P', password, roles: ['viewer'] };
      expect((await platform.call('POST', '/api/v1/people', person, admin)).status).toBe(201);
      expect((await platform.call('POST', '/api/v1/sessions', { email: address, password })).status).toBe(201);
    }
  });
});

describe('the password that came with an account', () => {
  it('opens everything but deciding, and signs nothing', async () => {
    const { body } = await signIn(given);
    expect(body.mustChangePassword).toBe(true);
    expect((await me(body.token)).body.permissions).toContain('registry:read');
    expect((await me(body.token)).body.permissions).not.toContain('promotions:decide');
    expect(await signs({ password: given })).toBeNull();
    expect(await signs({ token: body.token })).toBeNull();
    expect(await passwordFrom()).toMatchObject({ setBy: adminId, own: false });
  });

  it('leaves no token behind that decides later', async () => {
    const session = await signIn(given);
    const kept = await platform.call('POST', '/api/v1/tokens', { name: 'kept by the giver' }, session.body.token);
    expect(await signs({ token: kept.body.token })).toBeNull();
    expect((await choose(session.body.token, given, given)).status).toBe(400);
    expect((await choose(session.body.token, given, own)).status).toBe(200);
    for (const token of [session.body.token, kept.body.token]) expect((await me(token)).status).toBe(401);
  });

  it('is forgotten once its owner has chosen another, but not who gave it', async () => {
    const { body } = await signIn(own);
    expect(body.mustChangePassword).toBeUndefined();
    expect((await me(body.token)).body.permissions).toContain('promotions:decide');
    expect(await signs({ password: own })).toBe('password');
    expect(await signs({ token: body.token })).toBeNull(); // the session asks already: who took it over shows nothing more
    const made = await platform.call('POST', '/api/v1/tokens', { name: 'own' }, body.token);
    expect(await signs({ token: made.body.token })).toBe('token');
    expect(await passwordFrom()).toMatchObject({ setBy: adminId, own: true });
  });
});

describe('a password that an administrator replaced', () => {
  it('opens nothing but its change', async () => {
    const before = await passwordFrom();
    const kept = (await platform.call('POST', '/api/v1/tokens', { name: 'mine' }, (await signIn(own)).body.token)).body;
    expect((await platform.call('PATCH', `/api/v1/people/${ada}`, { password: reset }, admin)).status).toBe(200);
    const { body } = await signIn(reset);
    expect(body.mustChangePassword).toBe(true);
    expect((await me(body.token)).body.permissions).toEqual([]);
    expect((await platform.call('POST', '/api/v1/tokens', { name: 'x' }, body.token)).status).toBe(403);
    expect((await platform.call('DELETE', `/api/v1/tokens/${kept.id}`, undefined, body.token)).status).toBe(404);
    expect(await signs({ password: reset })).toBeNull();
    expect(await signs({ token: body.token })).toBeNull();
    expect(await signs({ token: kept.token })).toBe('token'); // what the owner made stays theirs
    expect((await passwordFrom())?.setAt.getTime()).toBeGreaterThan(before?.setAt.getTime() ?? Number.NaN);
    expect((await choose(body.token, reset, own)).status).toBe(200);
    expect(await signs({ password: own })).toBe('password');
    const records = await database.query(
      `select record -> 'after' ->> 'passwordFrom' as who from audit.inbox where record ->> 'action' = 'access.person.changed.v1'
         and record -> 'target' ->> 'id' = $1 order by id`,
      [ada],
    );
    expect(records.map(({ who }) => who)).toEqual([ada, adminId, ada]);
  });

  it('is never one’s own: that takes the one that holds', async () => {
    const answer = await platform.call('PATCH', `/api/v1/people/${adminId}`, { password: 'stolen session' }, admin);
    expect(answer.status).toBe(403);
    expect(answer.body.detail).toContain('/api/v1/me/password');
  });
});
