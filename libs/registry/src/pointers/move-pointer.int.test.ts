import { ArtifactsModule } from '@assay/platform/artifacts';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { aroundAll, describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { MovePointer } from './move-pointer.js';
import type { PointerMove } from './pointer.js';
import { PointersService } from './pointers.service.js';

const models = '/api/2.0/mlflow/registered-models';
const versions = '/api/2.0/mlflow/model-versions';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('moving several pointers in one step', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const actor = actorNamed('mover');

  async function modelWith(name: string, count: number): Promise<string> {
    await platform.call('POST', `${models}/create`, { name });
    for (let version = 0; version < count; version += 1) {
      await platform.call('POST', `${versions}/create`, { name, source: 's3://bucket/key' });
    }
    const [row] = await database.query('select id from registry.registered_model where name = $1', [name]);
    return String(row?.['id']);
  }

  const move = (...moves: PointerMove[]) =>
    platform
      .get<Database>(databaseToken('registry'))
      .transaction((tx) => platform.get(MovePointer).inTransaction(tx, actor, moves));

  async function held(name: string): Promise<Record<string, string>> {
    const { body } = await platform.call('GET', `/api/v1/models/${name}/pointers`);
    return Object.fromEntries(
      body.pointers.map((each: { pointer: string; version: string }) => [each.pointer, each.version]),
    );
  }

  it('swaps champion and challenger, with one record', async () => {
    const modelId = await modelWith('swap', 2);
    await move(
      { modelId, pointer: 'champion', to: 1, via: 'pointer' },
      { modelId, pointer: 'challenger', to: 2, via: 'pointer' },
    );
    const swapped = await move(
      { modelId, pointer: 'champion', to: 2, expected: 1, via: 'rollback', reason: 'swap' },
      { modelId, pointer: 'challenger', to: 1, expected: 2, via: 'rollback' },
    );
    expect(await held('swap')).toEqual({ challenger: '1', champion: '2' });
    expect(swapped.moves.map(({ pointer, from, to }) => [pointer, from, to])).toEqual([
      ['challenger', 2, 1],
      ['champion', 1, 2],
    ]);
    const records = await database.query(`select covers from audit.inbox where id = $1`, [swapped.auditId]);
    expect(records).toHaveLength(1);
    expect(records[0]?.['covers']).toHaveLength(4);
  });

  it('moves all of them or none', async () => {
    const modelId = await modelWith('none', 2);
    await move({ modelId, pointer: 'champion', to: 1, via: 'pointer' });
    const both = move(
      { modelId, pointer: 'challenger', to: 2, expected: null, via: 'pointer' },
      { modelId, pointer: 'champion', to: 2, expected: 2, via: 'pointer' },
    );
    await expect(both).rejects.toThrow('holds version 1, not version 2');
    expect(await held('none')).toEqual({ champion: '1' });
    const twice = move(
      { modelId, pointer: 'champion', to: 1, via: 'pointer' },
      { modelId, pointer: 'champion', to: 2, via: 'pointer' },
    );
    await expect(twice).rejects.toThrow('moved twice');
  });

  it('gives a stage’s pointer one holder: the others are archived, and the stage it left follows', async () => {
    const modelId = await modelWith('stages', 3);
    const transition = (version: string, stage: string) =>
      platform.call('POST', `${versions}/transition-stage`, {
        name: 'stages',
        version,
        stage,
        archive_existing_versions: false,
      });
    await transition('1', 'Production');
    await transition('2', 'Production');
    await transition('3', 'Staging');
    await move({ modelId, pointer: 'stage:Production', to: 3, expected: 2, via: 'pointer' });
    expect(await held('stages')).toEqual({ 'stage:Production': '3' });
    const found = await platform.call(
      'GET',
      `${versions}/search?filter=${encodeURIComponent("name = 'stages'")}&order_by=version_number`,
    );
    expect(found.body.model_versions.map((each: { current_stage: string }) => each.current_stage)).toEqual([
      'Archived',
      'Archived',
      'Production',
    ]);
    const staging = await platform.call('GET', '/api/v1/models/stages/pointers/stage:Staging/history');
    expect(staging.body.moves).toMatchObject([
      { from: '3', to: null },
      { from: null, to: '3' },
    ]);
  });

  it('answers `asOf` as the ledger grew, whatever the moves were', async () => {
    const modelId = await modelWith('model based', 4);
    let pointer = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 8 }),
        async (targets) => {
          pointer += 1;
          const name = `p${pointer}`;
          const expected: [Date, number | null][] = [];
          for (const to of targets) {
            const [moved] = (await move({ modelId, pointer: name, to, via: 'pointer' })).moves;
            if (moved !== undefined) expected.push([moved.movedAt, moved.to]);
          }
          for (const [time, version] of expected) {
            expect((await platform.get(PointersService).state(actor, 'model based', name, time)).version).toBe(version);
          }
          const times = expected.map(([time]) => time.getTime());
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect(new Set(times).size).toBe(times.length);
        },
      ),
      { numRuns: 15, seed: 7 },
    );
  });
});
