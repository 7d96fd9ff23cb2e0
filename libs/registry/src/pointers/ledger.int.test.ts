import { ArtifactsModule } from '@assay/platform/artifacts';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { aroundAll, describe, expect, it } from 'vitest';
import { ReadServing } from '../environments/read-serving.js';
import { PromotionWorld } from '../promotions/promotion-world.builder.js';
import { RegistryModule } from '../registry.module.js';
import { MovePointer } from './move-pointer.js';
import { type RecordedMove, replay } from './pointer.js';
import { PointersService } from './pointers.service.js';

const database = testDatabase();
const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
const world = new PromotionWorld(database.query);
const actor = actorNamed('mover');
const versions = 4;
const numRuns = Number(process.env['ASSAY_TEST_LEDGER_CASES'] ?? 30);

let count = 0;

async function aModel(): Promise<{ name: string; id: string }> {
  count += 1;
  const name = `ledger-${count}`;
  const id = await world.model(name);
  for (let version = 1; version <= versions; version += 1)
    await world.version(id, version, { registered: 'eve', trained: 'eve' });
  return { name, id };
}

const pointers = ['champion', 'challenger'] as const;
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('move' as const),
      pointer: fc.constantFrom(...pointers),
      to: fc.option(fc.integer({ min: 1, max: versions })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('swap' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('clock back' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('delete' as const), version: fc.integer({ min: 1, max: versions }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('the ledger', () => {
  it('complete and in order, tells what each pointer held at any time, whatever was done and however the clock ran', async () => {
    const service = platform.get(PointersService);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const model = await aModel();
        for (const each of steps) await take(model, each);
        for (const pointer of pointers) {
          const rows = await database.query(
            'select version, sequence, moved_at from registry.pointer where model_id = $1 and name = $2',
            [model.id, pointer],
          );
          const [row] = rows;
          if (row === undefined || Number(row['sequence']) === 0) continue;
          const moves = await service.history(actor, model.name, pointer, 500, null);
          expect(faults(moves)).toEqual([]);
          const now = replay(moves, null);
          expect([now?.to ?? null, now?.sequence, now?.movedAt]).toEqual([
            row['version'] === null ? null : Number(row['version']),
            Number(row['sequence']),
            row['moved_at'],
          ]);
          for (const instant of moves.flatMap(({ movedAt }) =>
            [-1, 0, 1].map((by) => new Date(movedAt.getTime() + by)),
          )) {
            const expected = replay(moves, instant);
            const state = await service.state(actor, model.name, pointer, instant);
            expect([state.version, state.move?.id]).toEqual([expected?.to ?? null, expected?.id]);
            expect(await served(model.name, pointer, instant)).toBe(expected?.to ?? null);
          }
        }
      }),
      { numRuns, seed: 11 },
    );
  }, 3_600_000);

  it('is what the database holds pointers to: no row of either changes without the other', async () => {
    const model = await aModel();
    await take(model, { what: 'move', pointer: 'champion', to: 1 });
    // As the owner, with the audit's own refusal off: these statements are one transaction.
    const raw = (sql: string) =>
      database.query(
        `alter table registry.pointer disable trigger zz_audited_change; alter table registry.pointer disable trigger zz_audited_rows;
         alter table registry.pointer_move disable trigger zz_audited_rows; ${sql.replaceAll('MODEL', `'${model.id}'`)}`,
      );
    const next = (change: string) =>
      `insert into registry.pointer_move select (jsonb_populate_record(l, '{"id": "planted", "sequence": 2, "from_version": 1, "to_version": 3${change}}')).*
         from registry.pointer_move l where l.model_id = MODEL and l.pointer = 'champion'`;
    const later = ', "moved_at": "2100-01-01T00:00:00Z"';
    const update = (set: string) => `update registry.pointer set ${set} where model_id = MODEL and name = 'champion'`;
    for (const sql of [
      update('version = 2'),
      update('version = 2, sequence = 2'),
      update('version = null, sequence = 2'),
      update(`moved_at = now() - interval '1 day'`),
      update('sequence = 5'),
      next(later),
      `${next('')}; ${update('version = 3, sequence = 2')}`,
      `${next(`${later}, "from_version": 2`)}; ${update(`version = 3, sequence = 2, moved_at = '2100-01-01'`)}`,
      `${next(later)}; ${update(`version = 2, sequence = 2, moved_at = '2100-01-01'`)}`,
      `insert into registry.pointer values (MODEL, 'planted', 1, 1, now())`,
    ])
      await expect(raw(sql), sql).rejects.toThrow(/changes by the next move|goes on where/);
    await raw(`${next(later)}; ${update(`version = 3, sequence = 2, moved_at = '2100-01-01'`)}`);
  });
});

async function take(model: { name: string; id: string }, each: Step): Promise<void> {
  const move = platform.get(MovePointer);
  const transaction = platform.get<Database>(databaseToken('registry'));
  switch (each.what) {
    case 'move': {
      const to = each.to !== null && (await kept(model.id, each.to)) ? each.to : null;
      await move.execute(actor, [{ model: model.name, pointer: each.pointer, to, via: 'pointer' }]);
      return;
    }
    case 'swap': {
      const held = await Promise.all(pointers.map((pointer) => holder(model.id, pointer)));
      await transaction.transaction((tx) =>
        move.inTransaction(
          tx,
          actor,
          pointers.map((pointer, at) => ({ modelId: model.id, pointer, to: held[1 - at] ?? null, via: 'rollback' })),
        ),
      );
      return;
    }
    case 'delete':
      if (await kept(model.id, each.version)) {
        const body = { name: model.name, version: String(each.version) };
        expect((await platform.call('DELETE', '/api/2.0/mlflow/model-versions/delete', body)).status).toBe(200);
      }
      return;
    case 'clock back':
      // As if the clock had run ahead when the last move was made, and were right again now.
      await database.query(
        `set local session_replication_role = replica;
         update registry.pointer_move l set moved_at = l.moved_at + interval '${each.minutes} minutes' from registry.pointer p
           where p.model_id = '${model.id}' and l.model_id = p.model_id and l.pointer = p.name and l.sequence = p.sequence;
         update registry.pointer set moved_at = moved_at + interval '${each.minutes} minutes' where model_id = '${model.id}' and sequence > 0`,
      );
  }
}

async function holder(modelId: string, pointer: string): Promise<number | null> {
  const [row] = await database.query('select version from registry.pointer where model_id = $1 and name = $2', [
    modelId,
    pointer,
  ]);
  return row?.['version'] === undefined || row['version'] === null ? null : Number(row['version']);
}

async function kept(modelId: string, version: number): Promise<boolean> {
  const rows = await database.query(
    'select 1 from registry.model_version where model_id = $1 and version = $2 and deleted_at is null',
    [modelId, version],
  );
  return rows.length > 0;
}

/** What serves under a pointer, as `assay serving --as-of` asks. */
async function served(model: string, pointer: string, asOf: Date): Promise<number | null> {
  const environment = pointer === 'champion' ? 'production' : 'staging';
  const { serving } = await platform
    .get(ReadServing)
    .execute(actor, { environment, model, asOf: asOf.toISOString(), limit: 100 });
  const found = serving.find((each) => each.pointer === pointer);
  return found === undefined ? null : Number(found.version);
}

/** What is wrong with a ledger, newest move first. */
function faults(moves: readonly RecordedMove[]): string[] {
  return moves.toReversed().flatMap((move, index, ordered) => {
    const before = ordered[index - 1];
    return [
      ...(move.sequence === index + 1 ? [] : [`move ${index + 1} has the number ${move.sequence}`]),
      ...(move.from === (before?.to ?? null) ? [] : [`move ${index + 1} comes from ${move.from}`]),
      ...(before === undefined || move.movedAt > before.movedAt ? [] : [`move ${index + 1} is not later`]),
    ];
  });
}
