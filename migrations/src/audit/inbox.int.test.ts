import { testDatabase } from '@assay/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { governed } from '../declare.js';

const database = testDatabase();
let service: pg.Client;

/** One transaction of the service role; tells how it ended. */
async function commit(...statements: (string | [sql: string, parameters: unknown[]])[]): Promise<string> {
  await service.query('begin');
  try {
    for (const statement of statements)
      await (typeof statement === 'string' ? service.query(statement) : service.query(...statement));
    await service.query('commit');
    return 'committed';
  } catch (error) {
    await service.query('rollback');
    return error instanceof Error ? error.message : String(error);
  }
}

let next = 0;
function record(...covers: string[][]): [string, unknown[]] {
  next += 1;
  return [
    "insert into audit.inbox (id, covers, record, personal) values ($1, $2, '{}', '{}')",
    [`r${next}`, JSON.stringify(covers)],
  ];
}

const rows = async () =>
  (await database.query('select a, b, note, heartbeat from registry.widget order by a')).map((row) =>
    Object.values(row).join(' '),
  );
const refused = (key: string) =>
  expect.stringContaining(`a change of ["registry.widget", ${key}] has no audit record that names it`);

beforeAll(async () => {
  await database.query(
    'create table registry.widget (a text not null, b bigint not null, note text, heartbeat text, constraint widget_pk primary key (a, b))',
  );
  await database.query('create table registry.gadget (a text not null, constraint gadget_pk primary key (a))');
  await database.query('grant select, insert, update, delete on registry.widget, registry.gadget to registry_svc');
  for (const sql of [
    ...governed('registry.widget', { key: ['a', 'b'], columns: ['a', 'b', 'note'] }),
    ...governed('registry.gadget', { key: ['a'] }),
  ])
    await database.query(sql);
  service = new pg.Client({ connectionString: database.urls.registry });
  await service.connect();
});
afterAll(async () => service.end());
beforeEach(async () => {
  await database.query('truncate registry.widget');
});

const insert = "insert into registry.widget values ('x', 1, 'n', 'h')";

describe('a change of a governed row', () => {
  it('commits with a record of the same transaction that names it, before or after the change', async () => {
    expect(await commit(insert, record(['registry.widget', 'x', '1']))).toBe('committed');
    expect(await commit(record(['registry.widget', 'x', '1']), "update registry.widget set note = 'm'")).toBe(
      'committed',
    );
    expect(await rows()).toEqual(['x 1 m h']);
  });

  it('is refused without one, insert, update and delete alike, and nothing of the transaction stays', async () => {
    expect(await commit(insert)).toEqual(refused('"x", "1"'));
    expect(await rows()).toEqual([]);
    await commit(insert, record(['registry.widget', 'x', '1']));
    expect(await commit("update registry.widget set note = 'm'")).toEqual(refused('"x", "1"'));
    expect(await commit('delete from registry.widget')).toEqual(refused('"x", "1"'));
    expect(await rows()).toEqual(['x 1 n h']);
  });

  it.each([
    ['another key', ['registry.widget', 'x', '2']],
    ['another table', ['registry.gadget', 'x', '1']],
    ['a part of the key', ['registry.widget', 'x']],
    ['the key in another order', ['registry.widget', '1', 'x']],
    ['nothing', []],
  ])('is refused by a record that names %s', async (_, cover) => {
    expect(await commit(insert, record(cover))).toEqual(refused('"x", "1"'));
  });

  it('is refused where a neighbour has the record', async () => {
    expect(await commit(record(['registry.widget', 'x', '1']))).toBe('committed');
    expect(await commit(insert)).toEqual(refused('"x", "1"'));
  });

  it('needs a record for each row, and for both keys of a row that is renamed', async () => {
    expect(
      await commit(insert, "insert into registry.widget values ('y', 2)", record(['registry.widget', 'x', '1'])),
    ).toEqual(refused('"y", "2"'));
    await commit(insert, record(['registry.widget', 'x', '1']));
    expect(await commit("update registry.widget set a = 'y', b = 2", record(['registry.widget', 'y', '2']))).toEqual(
      refused('"x", "1"'),
    );
    expect(
      await commit(
        "update registry.widget set a = 'y', b = 2",
        record(['registry.widget', 'x', '1'], ['registry.widget', 'y', '2']),
      ),
    ).toBe('committed');
  });

  it('is refused when the record was rolled back to a savepoint', async () => {
    expect(
      await commit(insert, 'savepoint s', record(['registry.widget', 'x', '1']), 'rollback to savepoint s'),
    ).toEqual(refused('"x", "1"'));
  });

  it('is refused when the check was made early, under a record that was then rolled back', async () => {
    const early = await commit(
      insert,
      'savepoint s',
      record(['registry.widget', 'x', '1']),
      'set constraints all immediate',
      'rollback to savepoint s',
    );
    expect(early).toEqual(refused('"x", "1"'));
  });

  it("can't be covered by a record that claims another transaction, nor by taking the record back", async () => {
    expect(
      await commit(
        insert,
        "insert into audit.inbox (id, tx, covers, record, personal) values ('f', pg_current_xact_id(), '[]', '{}', '{}')",
      ),
    ).toContain('permission denied');
    expect(await commit(insert, record(['registry.widget', 'x', '1']), 'delete from audit.inbox')).toContain(
      'permission denied',
    );
  });

  it('needs none for a column that is no governed state, nor where nothing changed', async () => {
    await commit(insert, record(['registry.widget', 'x', '1']));
    expect(await commit("update registry.widget set heartbeat = 'later'")).toBe('committed');
    expect(await commit('update registry.widget set note = note')).toBe('committed');
    expect(await rows()).toEqual(['x 1 n later']);
  });

  it("can't be done by TRUNCATE, by switching the trigger off, or as a replica", async () => {
    for (const sql of [
      'truncate registry.widget',
      'alter table registry.widget disable trigger all',
      'drop trigger zz_audited_rows on registry.widget',
      "set session_replication_role = 'replica'",
    ]) {
      expect(`${sql}: ${await commit(sql)}`).toMatch(/permission denied|must be owner/);
    }
  });

  describe('of many rows', () => {
    const many = (count: number, change: string): string =>
      `insert into registry.widget select 'x', n, '${change}' from generate_series(1, ${count}) n`;
    const keys = (count: number): string[][] =>
      Array.from({ length: count }, (_, place) => ['registry.widget', 'x', String(place + 1)]);

    it.each([32, 33, 500])(
      'commits with one record that names all %i, and not with one that leaves any out',
      async (count) => {
        expect(await commit(many(count, 'a'), record(...keys(count).toSpliced(count >> 1, 1)))).toEqual(
          refused(`"x", "${(count >> 1) + 1}"`),
        );
        expect(
          await commit(many(count, 'a'), record(...keys(count).map(([, ...key]) => ['registry.gadget', ...key]))),
        ).toEqual(refused('"x", "1"'));
        expect(await commit(many(count, 'a'), record(...keys(count)))).toBe('committed');
        expect(await commit("update registry.widget set note = 'b'")).toEqual(refused('"x", "1"'));
        expect(await rows()).toHaveLength(count);
      },
    );

    it('is refused when the long record was rolled back to a savepoint', async () => {
      expect(await commit(many(40, 'a'), 'savepoint s', record(...keys(40)), 'rollback to savepoint s')).toEqual(
        refused('"x", "1"'),
      );
    });

    it('may have its keys in several records, long and short', async () => {
      expect(await commit(many(60, 'a'), record(...keys(60).slice(0, 50)), record(...keys(60).slice(50)))).toBe(
        'committed',
      );
    });

    it('may have a record for each of its rows, and is refused where one of them names another row', async () => {
      const each = keys(40).map((key) => record(key));
      expect(await commit(many(40, 'a'), ...each.slice(0, 39), record(['registry.gadget', 'x']))).toEqual(
        refused('"x", "40"'),
      );
      expect(await commit(many(40, 'a'), ...keys(40).map((key) => record(key)))).toBe('committed');
    });

    it('finds a row wherever a record names it', async () => {
      const [first, second, third] = keys(3);
      const covers = [['registry.gadget', 'g'], first ?? [], second ?? []];
      expect(await commit(many(3, 'a'), record(...covers))).toEqual(refused('"x", "3"'));
      expect(await commit(many(3, 'a'), record(...covers), record(third ?? []))).toBe('committed');
    });

    it('keeps nothing of a long record once it has left the inbox', async () => {
      await commit(many(40, 'a'), record(...keys(40)));
      const count = async () => Number((await database.query('select count(*) from audit.covered_row'))[0]?.['count']);
      expect(await count()).toBeGreaterThanOrEqual(40);
      await database.query('delete from audit.inbox');
      expect(await count()).toBe(0);
    });

    it('costs time in proportion to them', async () => {
      const time = async (count: number): Promise<number> => {
        await database.query('truncate registry.widget');
        const started = performance.now();
        expect(await commit(many(count, 'a'), record(...keys(count)))).toBe('committed');
        return performance.now() - started;
      };
      // The best of a few rounds, and of more where the machine was busy with something else in those.
      let [few, tenfold] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let round = 0; round < 3 || (round < 12 && tenfold >= 40 * few); round += 1) {
        few = Math.min(few, await time(500));
        tenfold = Math.min(tenfold, await time(5000));
      }
      expect(tenfold).toBeLessThan(40 * few);
    });
  });
});
