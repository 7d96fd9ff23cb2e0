import { TokenCredentialReader } from '@assay/access-reads';
import type { Actor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { CredentialReader, JobTokens } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase, acrossWorkspaces } from '@assay/platform/database';
import { Caller, Endpoint } from '@assay/platform/http';
import { testDatabase, testPlatform } from '@assay/testing';
import { Controller, Module } from '@nestjs/common';
import { aroundAll, describe, expect, it } from 'vitest';
import { AccessModule } from './access.module.js';
import { SetUp } from './set-up/set-up.js';

/** Stands for any endpoint that writes: it begins its work before its transaction, as an upload does. */
@Controller()
class WritingController {
  static before = async (): Promise<void> => undefined;

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly audit: AuditClient,
  ) {}

  @Endpoint({ method: 'POST', path: '/api/v1/writes', permission: 'tracking:write', summary: 'Writes' })
  async write(@Caller() actor: Actor): Promise<void> {
    await WritingController.before();
    await this.database.transaction((tx) =>
      this.audit.record(tx, actor, { action: 'test.thing.written.v1', target: { type: 'thing', id: 'x' }, covers: [] }),
    );
  }
}

@Module({ controllers: [WritingController] })
class WritingModule {}

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AccessModule, WritingModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});

const admin = { email: 'Ada@Example.org', name: 'Ada Admin', password: 'correct horse' };
const engineer = { email: 'eve@example.org', name: 'Eve Engineer', password: 'battery staple', roles: ['contributor'] };

let adminToken = '';
let engineerId = '';

async function signIn(email: string, password: string): Promise<string> {
  const answer = await platform.call('POST', '/api/v1/sessions', { email, password });
  expect(answer.status).toBe(201);
  return answer.body.token;
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('before anybody exists', () => {
  it('a call without a credential is local, which never decides', async () => {
    const answer = await platform.call('GET', '/api/v1/me');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: 'local', kind: 'local', workspace: 'default' });
    expect(answer.body.permissions).toContain('tracking:write');
    expect(answer.body.permissions).not.toContain('promotions:decide');
    expect(answer.body.permissions).not.toContain('access:admin');
  });

  it('a call with an unknown credential is nobody', async () => {
    const answer = await platform.call('GET', '/api/v1/me', undefined, 'assay_nonsense');
    expect(answer.status).toBe(401);
  });

  it('a wrong set-up secret makes nobody', async () => {
    await platform.get(SetUp).secretIfNeeded();
    const answer = await platform.call('POST', '/api/v1/setup', { ...admin, secret: 'guess' });
    expect(answer.status).toBe(403);
    expect(await database.query('select id from access.person')).toHaveLength(0);
  });
});

describe('the set-up', () => {
  it('serves one caller, and only with the newest secret', async () => {
    const superseded = await platform.get(SetUp).secretIfNeeded();
    const secret = await platform.get(SetUp).secretIfNeeded();
    expect((await platform.call('POST', '/api/v1/setup', { ...admin, secret: superseded })).status).toBe(403);
    // Eight callers with the right secret at once: one administrator.
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => platform.call('POST', '/api/v1/setup', { ...admin, secret })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    adminToken = answers.find(({ status }) => status === 201)?.body.token;
  });

  it('makes one administrator, whose token works', async () => {
    const answer = await platform.call('GET', '/api/v1/me', undefined, adminToken);
    expect(answer.body).toMatchObject({ kind: 'person', name: admin.name, roles: ['admin'] });
  });

  it('is offered no more', async () => {
    expect(await platform.get(SetUp).secretIfNeeded()).toBeNull();
  });

  it('ends the anonymous time at once, with the hint', async () => {
    const answer = await platform.call('GET', '/api/v1/me');
    expect(answer.status).toBe(401);
    expect(answer.body.detail).toContain('MLFLOW_TRACKING_TOKEN');
  });

  it('records calls without a known credential, at a bounded rate', async () => {
    const call = (token?: string) => platform.call('GET', '/api/v1/people/somebody', undefined, token);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => call(i % 2 === 0 ? undefined : `guess ${i}`)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    const records = await database.query(
      `select record -> 'actor' as actor, record -> 'after' ->> 'credential' as credential from audit.inbox
         where record ->> 'action' = 'access.request.refused.v1' and record -> 'actor' ->> 'kind' = 'anonymous'`,
    );
    expect(records.length).toBeGreaterThan(10);
    expect(records.length).toBeLessThanOrEqual(60); // thirty a minute, and the minute may turn meanwhile
    expect(new Set(records.map(({ credential }) => credential))).toEqual(new Set(['none', 'unknown']));
  });

  it('keeps no password and no token in the clear, and no name in the audit leaf', async () => {
    const [person] = await database.query('select password_hash, email from access.person');
    expect(person?.['password_hash']).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(person?.['email']).toBe('ada@example.org');
    const leaves = JSON.stringify(await database.query('select record from audit.inbox'));
    for (const text of ['ada@example.org', 'Ada Admin', 'correct horse', adminToken])
      expect(leaves).not.toContain(text);
  });
});

describe('people', () => {
  it('are added by administrators only', async () => {
    const given = 'given to Eve';
    const added = await platform.call('POST', '/api/v1/people', { ...engineer, password: given }, adminToken);
    expect(added.status).toBe(201);
    engineerId = added.body.id;
    const own = { password: given, newPassword: engineer.password };
    await platform.call('POST', '/api/v1/me/password', own, await signIn(engineer.email, given));
    const token = await signIn(engineer.email, engineer.password);
    expect((await platform.call('POST', '/api/v1/people', { ...engineer, email: 'x@example.org' }, token)).status).toBe(
      403,
    );
    expect((await platform.call('GET', '/api/v1/people', undefined, token)).status).toBe(403);
  });

  it('have an address of their own', async () => {
    expect(
      (await platform.call('POST', '/api/v1/people', { ...engineer, email: 'EVE@example.org' }, adminToken)).status,
    ).toBe(409);
  });

  it('need a password of eight characters', async () => {
    const answer = await platform.call(
      'POST',
      '/api/v1/people',
      { ...engineer, email: 'short@example.org', password: '1234567' },
      adminToken,
    );
    expect(answer.status).toBe(400);
  });

  it('gain and lose roles at once', async () => {
    const token = await signIn(engineer.email, engineer.password);
    const changed = await platform.call(
      'PATCH',
      `/api/v1/people/${engineerId}`,
      { roles: ['contributor', 'approver'] },
      adminToken,
    );
    expect(changed.body.roles).toEqual(['approver', 'contributor']);
    expect((await platform.call('GET', '/api/v1/me', undefined, token)).body.permissions).toContain(
      'promotions:decide',
    );
    await platform.call('PATCH', `/api/v1/people/${engineerId}`, { roles: ['contributor'] }, adminToken);
    expect((await platform.call('GET', '/api/v1/me', undefined, token)).body.permissions).not.toContain(
      'promotions:decide',
    );
  });

  it('change their own password, knowing the old one, which ends their sessions', async () => {
    const person = { ...engineer, email: 'pia@example.org', name: 'Pia' };
    await platform.call('POST', '/api/v1/people', person, adminToken);
    const token = await signIn(person.email, person.password);
    const change = (password: string) =>
      platform.call('POST', '/api/v1/me/password', { password, newPassword: 'another staple' }, token);
    expect((await change('a wrong guess')).status).toBe(403);
    expect((await change(person.password)).status).toBe(200);
    expect((await platform.call('GET', '/api/v1/me', undefined, token)).status).toBe(401);
    await signIn(person.email, 'another staple');
    const old = await platform.call('POST', '/api/v1/sessions', { email: person.email, password: person.password });
    expect(old.status).toBe(401);
  });

  it('lose every session and token for good when they are disabled', async () => {
    const token = await signIn(engineer.email, engineer.password);
    const made = await platform.call('POST', '/api/v1/tokens', { name: 'laptop' }, token);
    expect((await platform.call('PATCH', `/api/v1/people/${engineerId}`, { disabled: true }, adminToken)).status).toBe(
      200,
    );
    for (const each of [token, made.body.token])
      expect((await platform.call('GET', '/api/v1/me', undefined, each)).status).toBe(401);
    expect(
      (await platform.call('POST', '/api/v1/sessions', { email: engineer.email, password: engineer.password })).status,
    ).toBe(401);
    const [kept] = await database.query(
      `select record -> 'after' as after from audit.inbox where record ->> 'action' = 'access.person.changed.v1' and record ->> 'subject' = $1
         order by id desc limit 1`,
      [engineerId],
    );
    expect(kept).toMatchObject({ after: { disabled: true, tokensRevoked: 1 } });
    await platform.call('PATCH', `/api/v1/people/${engineerId}`, { disabled: false }, adminToken);
    for (const each of [token, made.body.token])
      expect((await platform.call('GET', '/api/v1/me', undefined, each)).status).toBe(401);
    const again = await signIn(engineer.email, engineer.password);
    const { body } = await platform.call('GET', '/api/v1/tokens', undefined, again);
    expect(body.tokens.find(({ id }: { id: string }) => id === made.body.id).revokedAt).not.toBeNull();
  });

  it('never include the last administrator’s fall', async () => {
    const own = await platform.call('GET', '/api/v1/me', undefined, adminToken);
    for (const change of [{ roles: ['viewer'] }, { disabled: true }]) {
      const answer = await platform.call('PATCH', `/api/v1/people/${own.body.id}`, change, adminToken);
      expect(answer.status).toBe(409);
      expect(answer.body.detail).toContain('last administrator');
    }
  });
});

describe('tokens', () => {
  it('work as Bearer and as the password of any Basic user', async () => {
    const token = await signIn(engineer.email, engineer.password);
    const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}` });
    for (const headers of [basic('anybody'), basic(''), { authorization: `bearer ${token}` }]) {
      expect((await platform.call('GET', '/api/v1/me', undefined, undefined, headers)).body.id).toBe(engineerId);
    }
  });

  it('are refused from their revocation on', async () => {
    const token = await signIn(engineer.email, engineer.password);
    const made = await platform.call('POST', '/api/v1/tokens', { name: 'ci' }, token);
    expect(made.status).toBe(201);
    expect((await platform.call('GET', '/api/v1/me', undefined, made.body.token)).status).toBe(200);
    expect(
      (await platform.call('DELETE', `/api/v1/tokens/${made.body.id}`, undefined, token)).body.revokedAt,
    ).not.toBeNull();
    expect((await platform.call('GET', '/api/v1/me', undefined, made.body.token)).status).toBe(401);
  });

  it('are nobody else’s to see or revoke, but an administrator’s', async () => {
    const token = await signIn(engineer.email, engineer.password);
    const own = await platform.call('GET', '/api/v1/me', undefined, adminToken);
    expect((await platform.call('DELETE', `/api/v1/tokens/${own.body.tokenId}`, undefined, token)).status).toBe(404);
    expect((await platform.call('GET', `/api/v1/tokens?personId=${own.body.id}`, undefined, token)).status).toBe(403);
    const seen = await platform.call('GET', `/api/v1/tokens?personId=${engineerId}`, undefined, adminToken);
    expect(seen.body.tokens.length).toBeGreaterThan(0);
    expect(JSON.stringify(seen.body)).not.toContain('secret');
  });

  it('expire by the database clock', async () => {
    const token = await signIn(engineer.email, engineer.password);
    const made = await platform.call('POST', '/api/v1/tokens', { name: 'old', expiresInDays: 1 }, token);
    await database.query('alter table access.api_token disable trigger user');
    await database.query(`update access.api_token set expires_at = now() where id = $1`, [made.body.id]);
    await database.query('alter table access.api_token enable trigger user');
    expect((await platform.call('GET', '/api/v1/me', undefined, made.body.token)).status).toBe(401);
  });

  it('of a job act while its attempt runs, and may only what its recipe may', async () => {
    const jobTokens = platform.get(JobTokens);
    await database.query('alter table runner.job disable trigger user');
    await database.query(
      `insert into runner.job (id, workspace, recipe, spec, spec_digest, seed, queue, priority, max_attempts, state, epoch, created_at, created_by, created_by_kind)
       values ('j1', 'default', 'evaluate', '{}', '', 1, 'default', 0, 1, 'running', 2, now(), $1, 'person')`,
      [engineerId],
    );
    await database.query('alter table runner.job enable trigger user');
    const claims = { jobId: 'j1', epoch: 2, runId: null, onBehalfOf: engineerId, workspace: 'default' };
    const now = platform.get(Clock).now();
    const token = await jobTokens.issue({ ...claims, recipe: 'evaluate' }, now);
    const evaluate = await platform.call('GET', '/api/v1/me', undefined, token);
    expect(evaluate.body).toMatchObject({ id: 'job:j1', kind: 'job' });
    expect(evaluate.body.permissions).toContain('evaluations:report');
    const tabular = await platform.call(
      'GET',
      '/api/v1/me',
      undefined,
      await jobTokens.issue({ ...claims, recipe: 'tabular' }, now),
    );
    expect(tabular.body.permissions).not.toContain('evaluations:report');
    // A job registers what it trained; it moves no alias and deletes nothing.
    expect(tabular.body.permissions).toContain('registry:register');
    for (const { body } of [tabular, evaluate])
      for (const more of ['registry:write', 'datasets:write', 'jobs:write', 'promotions:request', 'policies:write'])
        expect(body.permissions).not.toContain(more);
    const stale = await jobTokens.issue({ ...claims, recipe: 'evaluate' }, new Date(now.getTime() - 3_600_000));
    expect((await platform.call('GET', '/api/v1/me', undefined, stale)).status).toBe(401);
    const taken = await jobTokens.issue({ ...claims, epoch: 1, recipe: 'evaluate' }, now);
    expect((await platform.call('GET', '/api/v1/me', undefined, taken)).status).toBe(401);
  });

  it('of a job are denied on models what is denied to whoever submitted it, and allowed no more than their recipe', async () => {
    const grant = { subjectKind: 'role', subject: 'contributor', pattern: 'hr-*', permissions: ['registry:register'] };
    for (const effect of ['deny', 'allow'])
      await platform.call('POST', '/api/v1/model-grants', { ...grant, effect }, adminToken);
    const claims = {
      jobId: 'j1',
      epoch: 2,
      runId: null,
      recipe: 'tabular',
      onBehalfOf: engineerId,
      workspace: 'default',
    };
    const token = await platform.get(JobTokens).issue(claims, platform.get(Clock).now());
    const actor = await platform.get(CredentialReader).actorOf({ token }, null);
    expect(actor?.modelGrants).toEqual([{ pattern: 'hr-*', permissions: ['registry:register'], effect: 'deny' }]);
  });

  it('of a job write nothing once the attempt has ended, also in a request that began before', async () => {
    const claims = {
      jobId: 'j1',
      epoch: 2,
      runId: null,
      recipe: 'tabular',
      onBehalfOf: engineerId,
      workspace: 'default',
    };
    const token = await platform.get(JobTokens).issue(claims, platform.get(Clock).now());
    const write = () => platform.call('POST', '/api/v1/writes', {}, token);
    const move = (state: string, epoch: number) =>
      database.query(
        `set local session_replication_role = replica; update runner.job set state = '${state}', epoch = ${epoch} where id = 'j1'`,
      );
    const written = () =>
      database.query(`select 1 from audit.inbox where record ->> 'action' = 'test.thing.written.v1'`);
    expect((await write()).status).toBe(200);
    // The next attempt takes over while the first one's request is under way: let in, and stopped at its transaction.
    WritingController.before = async () => void (await move('running', 3));
    expect(await write()).toMatchObject({ status: 409, body: { code: 'RESOURCE_CONFLICT' } });
    WritingController.before = async () => undefined;
    expect((await write()).status).not.toBe(200);
    expect(await written()).toHaveLength(1);
    await move('running', 2);
  });

  it('act in their own workspace only', async () => {
    expect(
      (await platform.call('GET', '/api/v1/me', undefined, adminToken, { 'x-mlflow-workspace': 'default' })).status,
    ).toBe(200);
    expect(
      (await platform.call('GET', '/api/v1/me', undefined, adminToken, { 'x-mlflow-workspace': 'other' })).status,
    ).toBe(404);
  });
});
