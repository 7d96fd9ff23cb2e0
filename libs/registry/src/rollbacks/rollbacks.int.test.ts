import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { Clock } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const governed = new GovernedModel(database, platform);
const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object, as = 'eve') =>
  platform.call(method, path, body, governed.person(as).token);

let count = 0;
let model = '';

const back = (body: { expected: string | null; to?: string }, pointer = 'champion', as = 'eve') =>
  call('POST', `/api/v1/models/${model}/pointers/${pointer}/rollback`, { reason: 'it misbehaves', ...body }, as);
const alias = (version: string) =>
  call('POST', '/api/2.0/mlflow/registered-models/alias', { name: model, alias: 'champion', version });
const holder = async () => (await call('GET', `/api/v1/models/${model}/pointers/champion`)).body.version;

beforeAll(async () => {
  await governed.cast();
});

beforeEach(async () => {
  count += 1;
  model = `m${count}`;
  await governed.model(model, 4);
});

describe('rolling an unguarded pointer back', () => {
  it('puts the version before there at once, and a step further the next time', async () => {
    for (const version of ['1', '2', '3']) await alias(version);
    const first = await back({ expected: '3' });
    expect([first.status, first.body]).toMatchObject([
      200,
      {
        outcome: 'moved',
        to: '2',
        pointer: {
          model,
          pointer: 'champion',
          version: '2',
          move: { from: '3', via: 'rollback', reason: 'it misbehaves' },
        },
        promotion: null,
      },
    ]);
    expect((await back({ expected: '2' })).body).toMatchObject({ to: '1' });
    const end = await back({ expected: '1' });
    expect([end.status, end.body.earlier]).toEqual([409, ['2', '3']]);
    expect(await holder()).toBe('1');
  });

  it('goes to any earlier holder, also when it is empty now', async () => {
    for (const version of ['1', '2', '3']) await alias(version);
    expect((await back({ expected: '3', to: '1' })).body).toMatchObject({ outcome: 'moved', to: '1' });
    await call('DELETE', '/api/2.0/mlflow/registered-models/alias', { name: model, alias: 'champion' });
    expect((await back({ expected: null })).body).toMatchObject({ to: '1' });
    expect(await holder()).toBe('1');
  });

  it('refuses what never held it, what holds it, what was deleted, and a holder that was not expected', async () => {
    for (const version of ['1', '2', '3']) await alias(version);
    await call('DELETE', '/api/2.0/mlflow/model-versions/delete', { name: model, version: '2' });
    for (const [to, said] of [
      ['4', 'has never held it'],
      ['3', 'holds it now'],
      ['2', 'was deleted'],
    ] as const) {
      const { status, body } = await back({ expected: '3', to });
      expect([status, body.detail, body.earlier]).toEqual([409, expect.stringContaining(said), ['1']]);
    }
    const stale = await back({ expected: '1', to: '1' });
    expect([stale.status, stale.body.holder]).toEqual([409, '3']);
    expect((await back({ expected: '3' })).body).toMatchObject({ to: '1' });
  });

  it('finds neither a pointer that was never set nor an unknown model', async () => {
    expect((await back({ expected: null })).status).toBe(404);
    expect(
      (await call('POST', '/api/v1/models/nobody/pointers/champion/rollback', { expected: null, reason: 'r' })).status,
    ).toBe(404);
  });

  it('needs a right to write', async () => {
    await alias('1');
    expect((await back({ expected: '1' }, 'champion', 'ada')).status).toBe(403);
  });
});

describe('rolling a guarded pointer back', () => {
  it('asks under the policy; approved, the earlier version serves again', async () => {
    await governed.guard(model, ['champion']);
    await governed.promote(model, 'champion', 1);
    await governed.promote(model, 'champion', 2);
    const { status, body } = await back({ expected: '2' });
    expect([status, body]).toMatchObject([
      200,
      {
        outcome: 'requested',
        to: '1',
        pointer: null,
        promotion: { via: 'rollback', state: 'awaiting_approval', moves: [{ version: '1' }] },
      },
    ]);
    expect(await holder()).toBe('2');
    expect((await governed.approve(body.promotion.id, 'bob')).body.state).toBe('applied');
    expect(await holder()).toBe('1');
    const { move } = (await call('GET', `/api/v1/models/${model}/pointers/champion`)).body;
    expect(move).toMatchObject({ via: 'rollback', requestId: body.promotion.id, reason: 'it misbehaves' });
    expect((await call('GET', `/api/v1/environments/production/serving?model=${model}`)).body.serving).toMatchObject([
      { version: '1', via: 'rollback', approvals: [{ by: { name: 'bob' } }] },
    ]);
  });

  it.each([
    ['all gates', '', 'checking', ['metric-threshold', 'not-worse-than-holder', 'evidence-age']],
    ['gates about the version', 'rollback: { gates: version }', 'awaiting_approval', ['metric-threshold']],
  ])(
    'asks %s where the policy says so, also of what is older than evidence may be',
    async (_what, rule, state, asked) => {
      const text = `policy: rules-of-${model}
guards: { models: [${model}], pointers: [champion] }
evidence: { dataset: holdout, digest: "sha256:${'d'.repeat(64)}" }
gates:
  - { gate: metric-threshold, metric: auc, atLeast: 0.7 }
  - { gate: not-worse-than-holder, metric: auc, margin: 0 }
  - { gate: evidence-age, atMost: 1h }
approvals: [{ role: approver }]
${rule}`;
      expect((await call('POST', '/api/v1/policies', { text }, 'max')).status).toBe(200);
      await governed.promote(model, 'champion', 1);
      await governed.promote(model, 'champion', 2);
      const clock = platform.get(Clock);
      const now = vi.spyOn(clock, 'now').mockReturnValue(new Date(clock.now().getTime() + 2 * 3_600_000));
      const { promotion } = (await back({ expected: '2' })).body;
      now.mockRestore();
      expect([promotion.state, promotion.gates.map(({ gate }: { gate: string }) => gate)]).toEqual([state, asked]);
    },
  );

  it('is not barred by a promotion of the same version, which it ends', async () => {
    await governed.guard(model, ['champion']);
    await governed.promote(model, 'champion', 1);
    await governed.promote(model, 'champion', 2);
    const waiting = await governed.request(model, 'champion', 1);
    const { status, body } = await back({ expected: '2' });
    expect([status, body.outcome]).toEqual([200, 'requested']);
    expect((await back({ expected: '2' })).status).toBe(409);
    expect((await governed.approve(body.promotion.id, 'bob')).body.state).toBe('applied');
    expect((await governed.approve(waiting, 'bob')).body.state).toBe('superseded');
  });

  it('refuses a version that held it without an approved request', async () => {
    await alias('1');
    await alias('2');
    await governed.guard(model, ['champion']);
    await governed.promote(model, 'champion', 3);
    const { status, body } = await back({ expected: '3', to: '2' });
    expect([status, body.detail, body.earlier]).toEqual([
      409,
      expect.stringContaining('without an approved request'),
      [],
    ]);
    expect((await back({ expected: '3' })).status).toBe(409);
  });

  it('is refused by the database, whatever the code says, for a version that no request ever put there', async () => {
    await governed.guard(model, ['champion']);
    await governed.promote(model, 'champion', 1);
    const planted = (version: number) =>
      database.query(
        `begin;
         insert into registry.promotion select (jsonb_populate_record(p, '{"id": "planted-${model}-${version}", "via": "rollback", "state": "open"}')).*
           from registry.promotion p join registry.promotion_move w on w.promotion_id = p.id
             join registry.registered_model m on m.id = w.model_id where m.name = '${model}';
         insert into registry.promotion_move select (jsonb_populate_record(w, '{"promotion_id": "planted-${model}-${version}", "version": ${version}}')).*
           from registry.promotion_move w join registry.registered_model m on m.id = w.model_id where m.name = '${model}';
         rollback`,
      );
    await expect(planted(2)).rejects.toThrow('held the pointer by an approved request');
  });
});
