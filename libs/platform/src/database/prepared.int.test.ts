import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { afterAll, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { requestContext } from '../telemetry/index.js';
import { bigintArray, byteaArray, doubleArray, textArray } from './binary-arrays.js';
import { Database } from './database.js';
import { acrossWorkspaces } from './workspace-scope.js';
import { inTransaction } from './prepared.js';

const postgres = testDatabase();
let database: Database;

aroundAll((tests) => acrossWorkspaces(tests));
beforeAll(async () => {
  const source = new DataSource({ type: 'postgres', url: postgres.ownerUrl, poolSize: 2 });
  database = new Database(await source.initialize());
  await postgres.query(
    'create table registry.thing (id bigint primary key, at xid8 not null default pg_current_xact_id())',
  );
});
afterAll(async () => {
  await database.onApplicationShutdown();
  await database.source.destroy();
});

const insert = {
  name: 'test-insert-thing',
  text: 'insert into registry.thing (id) values ($1) returning id, at::text',
};

describe('a prepared statement', () => {
  it('runs by itself, planned once per connection', async () => {
    const [first] = await database.run<{ id: string; at: string }>(insert, [1]);
    const [second] = await database.run<{ id: string; at: string }>(insert, [2]);
    expect([first?.id, second?.id]).toEqual(['1', '2']);
    expect(first?.at).not.toBe(second?.at);
    const prepared = await database.run<{ n: number }>({
      name: 'test-count-prepared',
      text: `select count(*)::int as n from pg_prepared_statements where name = 'test-insert-thing'`,
    });
    expect(prepared).toEqual([{ n: 1 }]);
  });

  it('runs inside a transaction, and is undone with it', async () => {
    await expect(
      database.transaction(async (tx) => {
        const session = inTransaction(tx);
        await session.run(insert, [3]);
        expect(await session.run(insert, [4])).toHaveLength(1);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await postgres.query('select id from registry.thing where id > 2')).toEqual([]);
  });

  it('is planned anew when its table has grown', async () => {
    await postgres.query('create table registry.growing (id bigint primary key) with (autovacuum_enabled = off)');
    await postgres.query('insert into registry.growing values (0)');
    await postgres.query('analyze registry.growing');
    const look = { name: 'test-look', text: 'select id from registry.growing where id = any ($1)' };
    const uses = async (count: number): Promise<void> => {
      for (let time = 0; time < count; time += 1) await database.run(look, [[1, 2]]);
    };
    const explain = { name: 'test-explain', text: 'explain execute "test-look" (array[1, 2])' };
    const plan = async (): Promise<string> => Object.values((await database.run(explain))[0] ?? {}).join();
    await uses(8);
    await postgres.query('insert into registry.growing select generate_series(1, 20000)');
    expect(await plan()).toContain('Seq Scan');
    await uses(300);
    expect(await plan()).not.toContain('Seq Scan');
  });

  it('walks along an index, whatever is known of the table', async () => {
    await postgres.query(
      'create table registry.walked (home bigint, at bigint, note text) with (autovacuum_enabled = off)',
    );
    await postgres.query('create index walked_by_time on registry.walked (home, at desc)');
    await postgres.query(
      `insert into registry.walked select 1, i, repeat('x', 300) from generate_series(1, 20000) as i`,
    );
    const newest = {
      name: 'test-newest',
      text: 'select at, note from registry.walked where home = $1 order by at desc limit 1000',
    };
    const explain = { name: 'test-explain-newest', text: 'explain execute "test-newest" (1)' };
    const plans: string[] = [];
    for (const way of [database.run.bind(database), database.walk.bind(database)]) {
      expect(await way(newest, [1])).toHaveLength(1000);
      plans.push((await way(explain)).map((row) => Object.values(row).join()).join('\n'));
    }
    // What the planner does by itself is why there are walks; if this fails it has learned better.
    expect(plans[0]).toContain('Sort');
    expect(plans[1]).not.toContain('Sort');
    expect(plans[1]).toContain('Index Scan using walked_by_time');
  });

  it("asks the request's fence first", async () => {
    const context = {
      requestId: 'one',
      workspace: 'default',
      sourceAddress: '',
      auditIds: [],
      fence: async () => {
        throw new Error('fenced off');
      },
    };
    await expect(requestContext.run(context, () => database.run(insert, [5]))).rejects.toThrow('fenced off');
    expect(await postgres.query('select id from registry.thing where id = 5')).toEqual([]);
  });

  it('takes integers beyond 2^53 as they are', async () => {
    const given = [412_345_678_901_234_567n, -(2n ** 63n), 2n ** 63n - 1n, 7];
    const rows = await database.run<{ i: string }>(
      { name: 'test-big-integers', text: 'select i from unnest($1::bigint[]) as x (i)' },
      [bigintArray(given)],
    );
    expect(rows.map(({ i }) => i)).toEqual(given.map(String));
  });

  it('takes arrays in binary form, with every number and character as it was', async () => {
    const integers = [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32), 2 ** 31];
    const doubles = [0.1, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, Number.NaN, 1, 2];
    const texts = ['', 'a', 'ä', '日本', '"\\{},', "'", '🙂', 'null'];
    const bytes = texts.map((_, place) => Uint8Array.from({ length: place }, () => 255 - place));
    const rows = await database.run(
      {
        name: 'test-arrays',
        text: `select i, d, t, encode(b, 'hex') as b from unnest($1::bigint[], $2::double precision[], $3::text[], $4::bytea[]) as x (i, d, t, b)`,
      },
      [bigintArray(integers), doubleArray(doubles), textArray(texts), byteaArray(bytes)],
    );
    expect(rows).toEqual(
      texts.map((t, place) => ({
        i: String(integers[place]),
        d: doubles[place],
        t,
        b: Buffer.from(bytes[place] ?? []).toString('hex'),
      })),
    );
  });
});
