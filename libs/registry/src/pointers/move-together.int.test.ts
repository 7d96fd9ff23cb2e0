import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { GovernedModel } from './governed-model.builder.js';

describe('moving several pointers by one call', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [ArtifactsModule, RegistryModule],
    services: ['registry'],
    credentials: TokenCredentialReader,
  });
  const governed = new GovernedModel(database, platform);
  const call = (method: 'GET' | 'POST', path: string, body?: object) =>
    platform.call(method, path, body, governed.person('eve').token);
  type Move = [model: string, alias: string, version: string | null, expected: string | null];
  const move = (...moves: Move[]) =>
    call('POST', '/api/v1/pointer-moves', {
      moves: moves.map(([model, alias, version, expected]) => ({ model, alias, version, expected })),
      reason: 'together',
    });
  const held = async (model: string) =>
    Object.fromEntries(
      (await call('GET', `/api/v1/models/${model}/pointers`)).body.pointers.map(
        (each: { pointer: string; version: string }) => [each.pointer, each.version],
      ),
    );

  beforeAll(async () => {
    await governed.cast();
    for (const name of ['one', 'two', 'ruled']) await governed.model(name, 3);
  });

  it('swaps champion and challenger, and moves other models’ along', async () => {
    expect((await move(['one', 'champion', '1', null], ['one', 'challenger', '2', null])).status).toBe(200);
    const { status, body } = await move(
      ['two', 'champion', '3', null],
      ['one', 'champion', '2', '1'],
      ['one', 'challenger', '1', '2'],
    );
    expect(status).toBe(200);
    expect(body.pointers).toMatchObject([
      { model: 'two', pointer: 'champion', version: '3', move: { from: null, to: '3', reason: 'together' } },
      { model: 'one', pointer: 'champion', version: '2', move: { from: '1', sequence: 2 } },
      { model: 'one', pointer: 'challenger', version: '1', move: { from: '2', via: 'pointer' } },
    ]);
    expect([await held('one'), await held('two')]).toEqual([{ champion: '2', challenger: '1' }, { champion: '3' }]);
    const again = await move(['one', 'champion', '2', '2'], ['two', 'champion', '3', '3']);
    expect(again.body.pointers).toMatchObject([{ version: '2', move: { sequence: 2 } }, { version: '3' }]);
  });

  it('moves none when one holds something else, and says which', async () => {
    const before = [await held('one'), await held('two')];
    const { status, body } = await move(['two', 'shadow', '1', null], ['one', 'champion', '3', '1']);
    expect([status, body.pointer, body.holder]).toEqual([409, 'champion', '2']);
    expect((await move(['two', 'shadow', '1', null], ['one', 'champion', '9', '2'])).status).toBe(404);
    expect((await move(['two', 'shadow', '1', null], ['three', 'champion', '1', null])).status).toBe(404);
    expect([await held('one'), await held('two')]).toEqual(before);
  });

  it('moves none when a policy guards one of them, says how to ask, and keeps the attempt', async () => {
    await governed.guard('ruled', ['champion']);
    const { status, body } = await move(['ruled', 'shadow', '1', null], ['ruled', 'champion', '1', null]);
    expect([status, body.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(body.detail).toContain('POST /api/v1/promotions');
    expect(await held('ruled')).toEqual({});
    const attempts = await database.query(
      `select 1 from audit.inbox where record ->> 'action' = 'registry.pointer.move-refused.v1' and record ->> 'outcome' = 'refused'`,
    );
    expect(attempts).toHaveLength(1);
  });

  it('refuses a pointer that is named twice, a stage’s, none at all, and too many', async () => {
    const many = Array.from({ length: 51 }, (_, at): Move => ['one', `a${at}`, '1', null]);
    for (const moves of [
      [
        ['one', 'champion', '1', '2'],
        ['one', 'champion', '3', '2'],
      ] satisfies Move[],
      [['one', 'stage:Production', '1', null]] satisfies Move[],
      [],
      many,
    ])
      expect((await move(...moves)).status).toBe(400);
  });

  it('has one winner of each round when many swap the same two pointers at once', async () => {
    await move(['two', 'blue', '1', null], ['two', 'green', '2', null]);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => {
        const swap: Move[] = [
          ['two', 'blue', '2', '1'],
          ['two', 'green', '1', '2'],
        ];
        return move(...(at % 2 === 0 ? swap : swap.toReversed()));
      }),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
    expect(await held('two')).toMatchObject({ blue: '2', green: '1' });
  });
});
