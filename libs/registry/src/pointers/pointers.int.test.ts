import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import pg from 'pg';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { TrackedFiles } from '../model-versions/tracked-files.builder.js';
import { RegistryModule } from '../registry.module.js';

const models = '/api/2.0/mlflow/registered-models';
const versions = '/api/2.0/mlflow/model-versions';

describe('pointers', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const alias = (name: string, of: string, version: string) =>
    platform.call('POST', `${models}/alias`, { name, alias: of, version });
  const resolve = (name: string, of: string) => platform.call('GET', `${models}/alias?name=${name}&alias=${of}`);
  const state = (name: string, pointer: string, asOf?: string) =>
    platform.call(
      'GET',
      `/api/v1/models/${name}/pointers/${pointer}${asOf === undefined ? '' : `?asOf=${encodeURIComponent(asOf)}`}`,
    );
  const move = (name: string, pointer: string, body: object) =>
    platform.call('PUT', `/api/v1/models/${name}/pointers/${pointer}`, body);
  const register = (name: string) => platform.call('POST', `${versions}/create`, { name, source: 's3://bucket/key' });

  async function modelWith(name: string, count: number): Promise<void> {
    await platform.call('POST', `${models}/create`, { name });
    for (let version = 0; version < count; version += 1) await register(name);
  }

  it('are MLflow’s aliases: set, moved, resolved and deleted', async () => {
    await modelWith('aliased', 2);
    expect((await resolve('aliased', 'champion')).body).toEqual({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Registered model alias champion not found.',
    });
    await alias('aliased', 'champion', '1');
    await alias('aliased', 'canary', '1');
    await alias('aliased', 'champion', '2');
    expect((await resolve('aliased', 'champion')).body.model_version).toMatchObject({
      version: '2',
      aliases: ['champion'],
    });
    expect((await resolve('aliased', 'latest')).body.model_version.version).toBe('2');
    const model = await platform.call('GET', `${models}/get?name=aliased`);
    expect(model.body.registered_model.aliases).toEqual([
      { alias: 'canary', version: '1' },
      { alias: 'champion', version: '2' },
    ]);
    for (let call = 0; call < 2; call += 1) {
      expect((await platform.call('DELETE', `${models}/alias`, { name: 'aliased', alias: 'canary' })).status).toBe(200);
    }
    expect((await platform.call('DELETE', `${models}/alias`, { name: 'aliased', alias: 'never-set' })).status).toBe(
      200,
    );
    expect((await resolve('aliased', 'canary')).status).toBe(400);
    expect((await platform.call('DELETE', `${versions}/delete`, { name: 'aliased', version: '2' })).status).toBe(200);
    expect((await resolve('aliased', 'champion')).status).toBe(400);
    expect((await platform.call('GET', '/api/v1/models/aliased/pointers')).body).toEqual({ pointers: [] });
  });

  it('are read with one question to the database by alias, and three from the ledger', async () => {
    await modelWith('counted', 2);
    await alias('counted', 'champion', '2');
    const statements = vi.spyOn(pg.Client.prototype, 'query');
    const asked = async (look: () => Promise<{ status: number }>) => {
      const counts: number[] = [];
      for (let time = 0; time < 3; time += 1) {
        statements.mockClear();
        expect((await look()).status).toBe(200);
        counts.push(statements.mock.calls.filter(([query]) => /\bregistry\./.test(textOf(query))).length);
      }
      return Math.min(...counts); // work of the background may ask something in between
    };
    expect(await asked(() => resolve('counted', 'champion'))).toBe(1);
    expect(await asked(() => state('counted', 'champion'))).toBe(3);
    statements.mockRestore();
  });

  it('keep every move: who, when, from, to; and answer for any instant', async () => {
    await modelWith('ledger', 3);
    actorNamed('mover', { id: 'person-7' });
    const times: string[] = [];
    for (const [version, expected] of [
      ['1', null],
      ['3', '1'],
      ['2', '3'],
      [null, '2'],
    ]) {
      const moved = await platform.call(
        'PUT',
        '/api/v1/models/ledger/pointers/champion',
        { version, expected, reason: `to ${String(version)}` },
        'mover',
      );
      expect(moved.status).toBe(200);
      times.push(moved.body.move.movedAt);
    }
    expect(new Set(times).size).toBe(4);
    const at = async (time: string) => (await state('ledger', 'champion', time)).body.version;
    expect(await Promise.all(times.map(at))).toEqual(['1', '3', '2', null]);
    const before = new Date(Date.parse(times[0] ?? '') - 1).toISOString();
    expect((await state('ledger', 'champion', before)).body).toMatchObject({ version: null, move: null });
    expect(await at(new Date(Date.parse(times[1] ?? '') - 1).toISOString())).toBe('1');
    expect(await at(`${(times[1] ?? '').replace('Z', '')}+00:00`)).toBe('3');
    const history = await platform.call('GET', '/api/v1/models/ledger/pointers/champion/history?limit=3');
    expect(history.body.moves).toMatchObject([
      {
        from: '2',
        to: null,
        sequence: 4,
        via: 'pointer',
        actor: { id: 'person-7', kind: 'person' },
        reason: 'to null',
      },
      { from: '3', to: '2' },
      { from: '1', to: '3' },
    ]);
    const rest = await platform.call(
      'GET',
      `/api/v1/models/ledger/pointers/champion/history?before=${String(history.body.nextBefore)}`,
    );
    expect(rest.body).toMatchObject({ moves: [{ from: null, to: '1' }], nextBefore: null });
    expect((await state('ledger', 'nothing')).status).toBe(404);
    expect((await state('ledger', 'champion', 'yesterday')).status).toBe(400);
  });

  it('repeat of a move changes nothing and adds nothing to the ledger', async () => {
    await modelWith('repeat', 1);
    for (let call = 0; call < 3; call += 1) expect((await alias('repeat', 'champion', '1')).status).toBe(200);
    expect((await platform.call('GET', '/api/v1/models/repeat/pointers/champion/history')).body.moves).toHaveLength(1);
  });

  it('have one winner among 50 movers who expect the same holder; the others see who it is', async () => {
    await modelWith('contested', 4);
    await alias('contested', 'champion', '1');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        move('contested', 'champion', { version: String(2 + (index % 3)), expected: '1' }),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status === 409);
    expect([won.length, lost.length]).toEqual([1, 49]);
    const holder = won[0]?.body.version;
    expect(new Set(lost.map(({ body }) => body.holder))).toEqual(new Set([holder]));
    expect((await state('contested', 'champion')).body.version).toBe(holder);
    expect((await platform.call('GET', '/api/v1/models/contested/pointers/champion/history')).body.moves).toHaveLength(
      2,
    );
  });

  it('have one winner when nothing held them yet', async () => {
    await modelWith('fresh', 2);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        move('fresh', 'champion', { version: String(1 + (index % 2)), expected: null }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
  });

  it.each([
    [{ version: '1' }, 400],
    [{ version: '0', expected: null }, 400],
    [{ version: 1, expected: null }, 400],
    [{ version: '99', expected: '1' }, 404],
    [{ version: '2', expected: '2' }, 409],
  ])('refuse %j', async (body, status) => {
    await modelWith('strict', 2);
    await alias('strict', 'champion', '1');
    expect((await move('strict', 'champion', body)).status).toBe(status);
    expect((await resolve('strict', 'champion')).body.model_version.version).toBe('1');
  });

  it('refuse a stage’s pointer, which follows its stage', async () => {
    await modelWith('stage-only', 1);
    expect((await move('stage-only', 'stage:Production', { version: '1', expected: null })).status).toBe(400);
    expect(
      (await platform.call('DELETE', `${models}/alias`, { name: 'stage-only', alias: 'stage:Production' })).status,
    ).toBe(400);
    expect((await move('stage-only', 'latest', { version: '1', expected: null })).status).toBe(400);
  });
});

describe('guarded pointers', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const tracked = new TrackedFiles(database, platform);
  const digest = 'd'.repeat(64);

  async function refused(
    attempt: Promise<{
      status: number;
      body: { error_code?: string; code?: string; message?: string; detail?: string };
    }>,
  ): Promise<void> {
    const { status, body } = await attempt;
    expect([status, body.error_code ?? body.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(body.message ?? body.detail).toMatch(/\/api\/v1\/(?:promotions|policies)/);
  }

  beforeAll(async () => {
    await platform.call('POST', `${models}/create`, { name: 'guarded' });
    for (let version = 0; version < 3; version += 1) {
      const run = await tracked.run();
      await tracked.file('run', run, 'model/MLmodel', 'x');
      await platform.call('POST', `${versions}/create`, { name: 'guarded', source: `runs:/${run}/model` });
    }
    await platform.call('POST', `${models}/alias`, { name: 'guarded', alias: 'champion', version: '1' });
    await platform.call('POST', `${models}/alias`, { name: 'guarded', alias: 'free', version: '1' });
    await platform.call('POST', `${versions}/transition-stage`, { name: 'guarded', version: '1', stage: 'Production' });
    // Guards are policies' rows; here they are set as the owner, so that this test stands without a policy file.
    await database.query(
      `set local session_replication_role = replica;
       insert into registry.policy values ('p1', 'default', 'champion-rule', now());
       insert into registry.policy_version values ('pv1', 'p1', 1, '${digest}', 'text', '{}', '[]', 'someone', now());
       insert into registry.pointer_guard select id, 'champion', 'pv1', 'p1' from registry.registered_model;
       insert into registry.pointer_guard select id, 'stage:Production', 'pv1', 'p1' from registry.registered_model`,
    );
  });

  it('are not moved, emptied, deleted under or renamed away by any road', async () => {
    await refused(platform.call('POST', `${models}/alias`, { name: 'guarded', alias: 'champion', version: '2' }));
    await refused(platform.call('DELETE', `${models}/alias`, { name: 'guarded', alias: 'champion' }));
    await refused(platform.call('PUT', '/api/v1/models/guarded/pointers/champion', { version: '2', expected: '1' }));
    await refused(platform.call('DELETE', `${versions}/delete`, { name: 'guarded', version: '1' }));
    await refused(platform.call('DELETE', `${models}/delete`, { name: 'guarded' }));
    await refused(platform.call('POST', `${models}/rename`, { name: 'guarded', new_name: 'elsewhere' }));
    const transition = (version: string, stage: string, archive = false) =>
      platform.call('POST', `${versions}/transition-stage`, {
        name: 'guarded',
        version,
        stage,
        archive_existing_versions: archive,
      });
    await refused(transition('2', 'Production'));
    await refused(transition('2', 'Production', true));
    await refused(transition('1', 'Archived'));
    await refused(transition('1', 'Production').then(() => transition('1', 'Staging')));
    const model = await platform.call('GET', `${models}/get?name=guarded`);
    expect(model.body.registered_model.aliases).toEqual([
      { alias: 'champion', version: '1' },
      { alias: 'free', version: '1' },
    ]);
    const stages = await platform.call('POST', `${models}/get-latest-versions`, {
      name: 'guarded',
      stages: ['Production'],
    });
    expect(stages.body.model_versions).toMatchObject([{ version: '1' }]);
    const attempts = await database.query(
      `select record -> 'after' ->> 'attempted' as attempted from audit.inbox
         where record ->> 'outcome' = 'refused' and record ->> 'action' = 'registry.pointer.move-refused.v1' order by id`,
    );
    expect(attempts.map(({ attempted }) => attempted)).toEqual([
      'alias',
      'alias',
      'pointer',
      'version-delete',
      'model-delete',
      'rename',
      'stage Production',
      'stage Production',
      'stage Archived',
      'stage Staging',
    ]);
  });

  it('keep the model and its name also before the first promotion, so that no other model takes its place', async () => {
    await platform.call('POST', `${models}/create`, { name: 'waiting' });
    await database.query(
      `set local session_replication_role = replica;
       insert into registry.pointer_guard select id, 'champion', 'pv1', 'p1' from registry.registered_model where name = 'waiting'`,
    );
    await refused(platform.call('POST', `${models}/rename`, { name: 'waiting', new_name: 'elsewhere' }));
    await refused(platform.call('DELETE', `${models}/delete`, { name: 'waiting' }));
    expect((await platform.call('GET', `${models}/get?name=waiting`)).status).toBe(200);
  });

  it('leave the model’s other pointers and versions free', async () => {
    expect(
      (await platform.call('POST', `${models}/alias`, { name: 'guarded', alias: 'free', version: '2' })).status,
    ).toBe(200);
    expect((await platform.call('DELETE', `${versions}/delete`, { name: 'guarded', version: '3' })).status).toBe(200);
    expect(
      (await platform.call('POST', `${models}/alias`, { name: 'guarded', alias: 'champion', version: '1' })).status,
    ).toBe(200);
  });
});

/** The SQL of a statement, however the driver was given it. */
function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}
