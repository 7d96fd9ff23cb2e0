import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { Clock } from '@assay/platform/database';
import { type TestAnswer, testDatabase, testPlatform } from '@assay/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';
import { AlarmOverdueReviews } from './alarm-overdue-reviews.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const governed = new GovernedModel(database, platform);
const rule = 'breakGlass: { role: maintainer, expiresAfter: 4h, review: { role: approver, within: 48h } }\n';
const hour = 3_600_000;

let count = 0;
let model = '';
let modelId = '';

const call = (method: 'GET' | 'POST', path: string, body?: object, as = 'max') =>
  platform.call(method, path, body, governed.person(as).token);
const holder = async () => (await call('GET', `/api/v1/models/${model}/pointers/champion`)).body.version ?? null;

function breakGlass(
  version: string,
  expectedHolder: string | null,
  as = 'max',
  more: object = {},
): Promise<TestAnswer> {
  const credential = { password: governed.person(as).password };
  const body = { model, pointer: 'champion', version, expectedHolder, reason: 'it refuses everybody', credential };
  return call('POST', '/api/v1/break-glass', { ...body, ...more }, as);
}

function review(id: string, as: string, verdict = 'justified'): Promise<TestAnswer> {
  const credential = { password: governed.person(as).password };
  return call('POST', `/api/v1/break-glass/${id}/review`, { verdict, comment: 'looked at it', credential }, as);
}

async function records(action: string): Promise<number> {
  const [row] = await database.query(
    `select count(*)::int as count from audit.inbox where record ->> 'action' = $1 and record #>> '{links,model}' = $2`,
    [action, modelId],
  );
  return Number(row?.['count']);
}

function hoursLater(hours: number): void {
  const later = new Date(Date.now() + hours * hour);
  vi.spyOn(platform.get(Clock), 'now').mockReturnValue(later);
}

beforeAll(async () => {
  await governed.cast();
});

beforeEach(async () => {
  model = `m${(count += 1)}`;
  modelId = await governed.model(model, 4);
  await governed.guard(model, ['champion'], 1, rule);
  await governed.promote(model, 'champion', 1);
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('moving a guarded pointer at once', () => {
  it('is done by who holds the role of the rule, raises an alarm, and opens a review that somebody else closes', async () => {
    const waiting = await governed.request(model, 'champion', 3);
    const { status, body } = await breakGlass('2', '1');
    expect([status, body]).toMatchObject([
      201,
      { model, version: '2', from: '1', overdue: false, review: null, reviewRoles: ['approver'] },
    ]);
    expect(new Date(body.expiresAt).getTime() - new Date(body.brokenAt).getTime()).toBe(4 * hour);
    expect(await holder()).toBe('2');
    const { move } = (await call('GET', `/api/v1/models/${model}/pointers/champion`)).body;
    expect(move).toMatchObject({ via: 'break-glass', requestId: body.id, reason: 'it refuses everybody' });
    const { serving } = (await call('GET', `/api/v1/environments/production/serving?model=${model}`)).body;
    expect(serving).toMatchObject([
      { version: '2', policies: [{ name: `rules-of-${model}` }], emergency: { verdict: null, overdue: false } },
    ]);
    expect(await records('registry.break-glass.used.v1')).toBe(1);
    expect((await call('GET', `/api/v1/promotions/${waiting}`)).body).toMatchObject({
      state: 'superseded',
      outcome: expect.stringContaining('in an emergency'),
    });

    expect((await review(body.id, 'max')).status).toBe(403);
    expect((await review(body.id, 'eve')).status).toBe(403);
    const closed = await review(body.id, 'ada', 'unjustified');
    expect(closed.body).toMatchObject({
      overdue: false,
      brokenBy: { name: 'max' },
      review: { by: { name: 'ada' }, verdict: 'unjustified', credential: 'password' },
    });
    expect((await review(body.id, 'bob')).status).toBe(409);
    const listed = await call('GET', `/api/v1/break-glass?model=${model}&state=reviewed`);
    expect(listed.body.moves).toEqual([closed.body]);
    expect((await call('GET', `/api/v1/break-glass/${body.id}`)).body).toEqual(closed.body);
  });

  it('is listed page by page, newest first', async () => {
    const ids: string[] = [];
    for (const [to, from] of [
      ['2', '1'],
      ['3', '2'],
      ['4', '3'],
    ] as const)
      ids.unshift((await breakGlass(to, from)).body.id);
    const told: string[] = [];
    for (let page = ''; ;) {
      const { body } = await call('GET', `/api/v1/break-glass?model=${model}&limit=2${page}`);
      told.push(...body.moves.map(({ id }: { id: string }) => id));
      if (body.nextPageToken === null) break;
      expect(body.moves).toHaveLength(2);
      page = `&pageToken=${encodeURIComponent(body.nextPageToken)}`;
      expect((await call('GET', `/api/v1/break-glass?model=other&limit=2${page}`)).status).toBe(400);
    }
    expect(told).toEqual(ids);
  });

  it('is reviewed by nobody who comes with a password of whoever moved it, or a token that is younger than the move', async () => {
    const { id: rae } = await governed.join('rae', ['approver']);
    const { body } = await breakGlass('2', '1');
    const given = (by: string) =>
      database.query(
        `begin; set local session_replication_role = replica; update access.person set password_given_by = $$${governed.person(by).id}$$,
           password_given_at = now() - interval '1 year' where id = '${rae}'; commit;`,
      );
    await given('max');
    const refused = await review(body.id, 'rae');
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('set your password')]);
    const credential = { token: await governed.world.token(rae) };
    const young = { verdict: 'justified', comment: 'looked at it', credential };
    expect((await call('POST', `/api/v1/break-glass/${body.id}/review`, young, 'rae')).status).toBe(403);
    await given('eve');
    expect((await review(body.id, 'rae')).status).toBe(200);
  });

  it('is refused without the rule, the role, the credential, or the holder that was expected', async () => {
    expect((await breakGlass('2', '1', 'eve')).status).toBe(403);
    expect((await breakGlass('2', '1', 'max', { credential: { password: 'wrong password' } })).status).toBe(403);
    expect(await breakGlass('2', '3')).toMatchObject({ status: 409, body: { holder: '1' } });
    expect((await breakGlass('1', '1')).status).toBe(409);
    expect((await breakGlass('9', '1')).status).toBe(404);
    expect(await holder()).toBe('1');
    const strict = await governed.model(`${model}-strict`, 1);
    await governed.guard(`${model}-strict`, ['champion']);
    const answer = await breakGlass('1', null, 'max', { model: `${model}-strict` });
    expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('knows no emergency move')]);
    expect(strict).not.toBe('');
    const kept = await database.query(
      `select 1 from audit.inbox where record ->> 'action' = 'registry.break-glass.refused.v1' and record #>> '{target,id}' in ($1, $2)`,
      [model, `${model}-strict`],
    );
    expect(kept).toHaveLength(3);
  });

  it('stays when nobody reviews it in time; the alarm repeats, and there is no other one until somebody has', async () => {
    const { body } = await breakGlass('2', '1');
    const alarms = platform.get(AlarmOverdueReviews);
    await alarms.execute();
    expect(await records('registry.break-glass.overdue.v1')).toBe(0);
    hoursLater(5);
    expect((await call('GET', `/api/v1/break-glass?model=${model}&state=overdue`)).body.moves).toMatchObject([
      { id: body.id, overdue: true },
    ]);
    const { serving } = (await call('GET', `/api/v1/environments/production/serving?model=${model}`)).body;
    expect(serving).toMatchObject([{ via: 'break-glass', emergency: { verdict: null, overdue: true } }]);
    await Promise.all([alarms.execute(), alarms.execute()]);
    expect(await records('registry.break-glass.overdue.v1')).toBe(1);
    hoursLater(30);
    await alarms.execute();
    expect(await records('registry.break-glass.overdue.v1')).toBe(2);
    expect(await holder()).toBe('2');
    expect(await breakGlass('3', '2')).toMatchObject({ status: 409, body: { breakGlass: body.id } });
    expect((await review(body.id, 'ada')).body.review.verdict).toBe('justified');
    expect((await breakGlass('3', '2')).status).toBe(201);
  });
});

describe('the database itself', () => {
  async function asService(
    statements: readonly (readonly [sql: string, values?: readonly unknown[]])[],
  ): Promise<void> {
    const pg = await import('pg');
    const client = new pg.default.Client({ connectionString: database.urls.registry, options: '-c assay.workspace=*' });
    await client.connect();
    try {
      await client.query('begin');
      for (const [sql, values] of statements) await client.query(sql, [...(values ?? [])]);
      await client.query('commit');
    } finally {
      await client.end();
    }
  }

  const inserted = (id: string, by: string, hours = 4) =>
    [
      `insert into registry.break_glass (id, workspace, model_id, pointer, version, from_version, reason, broken_by, broken_at, expires_at, review_due_at)
         values ($1, 'default', $2, 'champion', 2, 1, 'r', $3, now(), now() + make_interval(hours => $4), now() + interval '48 hours')`,
      [id, modelId, by, hours],
    ] as const;
  const bound = (id: string) =>
    [
      `insert into registry.break_glass_policy (break_glass_id, policy_version_id)
         select $1, policy_version_id from registry.pointer_guard where model_id = $2`,
      [id, modelId],
    ] as const;
  const recorded = (...covers: readonly (readonly string[])[]) =>
    [
      `insert into audit.inbox (id, covers, record, personal) values ($1, $2, '{}', '{}')`,
      [`forged-${model}-${Math.random()}`, JSON.stringify(covers)],
    ] as const;

  it('knows the rule: no move at once without it, by another role, for longer, or reviewed by whoever made it', async () => {
    const { max, eve } = { max: governed.person('max').id, eve: governed.person('eve').id };
    await expect(asService([inserted('a', eve), bound('a')])).rejects.toThrow(/rule of the policy/);
    await expect(asService([inserted('a', max, 5), bound('a')])).rejects.toThrow(/rule of the policy/);
    const move = [
      `update registry.pointer set version = 2, sequence = sequence + 1, moved_at = now() where model_id = $1`,
      [modelId],
    ] as const;
    const covers = recorded(['registry.pointer', modelId, 'champion'], ['registry.break_glass', `b-${model}`]);
    await expect(asService([inserted(`b-${model}`, max), covers, move])).rejects.toThrow(/approved request only/);
    const { body } = await breakGlass('2', '1');
    const close = (by: string) =>
      [
        `update registry.break_glass set reviewed_by = $2, reviewed_at = now(), verdict = 'justified', comment = 'c', credential = 'password' where id = $1`,
        [body.id, by],
      ] as const;
    const covered = recorded(['registry.break_glass', body.id]);
    await expect(asService([covered, close(max)])).rejects.toThrow(/its role|other_reviewer/);
    await expect(asService([covered, close(eve)])).rejects.toThrow(/its role/);
    const late = [
      `update registry.break_glass set expires_at = now() + interval '1 year' where id = $1`,
      [body.id],
    ] as const;
    await expect(asService([covered, late])).rejects.toThrow(/permission denied/);
  });
});
