import { TestingReset } from './testing-reset.js';
import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { afterAll, describe, expect, it } from 'vitest';

const database = testDatabase();

describe('the testing reset', () => {
  let reset: TestingReset | undefined;
  afterAll(() => reset?.close());

  it.each([
    ['nearly empty', 1],
    ['larger', 30_000],
  ])(
    'empties every table of tracking and registry that is %s, and leaves the default experiment with its record',
    async (_, keys) => {
      await database.query(
        "insert into tracking.metric_key (id, name) select i, 'key ' || i from generate_series(1, $1) i",
        [keys],
      );
      await database.query(
        "insert into tracking.dataset (id, experiment_id, name, digest, source_type, source) values ('d', 0, 'd', 'd', 'code', 'x')",
      );
      reset ??= new TestingReset(database.ownerUrl);
      await reset.run();
      const declared = await database.query(
        "select name from audit.declared_table where name similar to '(tracking|registry).%' and name not like '%.event_cursor'",
      );
      const filled: string[] = [];
      for (const { name } of declared) {
        const rows = await database.query(`select from ${String(name)} limit 1`);
        if (rows.length > 0) filled.push(String(name));
      }
      expect(filled).toEqual(['tracking.experiment']);
      expect(await database.query('select experiment_id, name, lifecycle_stage from tracking.experiment')).toEqual([
        { experiment_id: '0', name: 'Default', lifecycle_stage: 'active' },
      ]);
      expect(
        await database.query('select id from audit.inbox where covers @> \'[["tracking.experiment", "0"]]\''),
      ).not.toHaveLength(0);
    },
  );

  it('begins again where it and the server wait for each other', async () => {
    await database.query("insert into tracking.metric_key (id, name) values (1, 'key')");
    await database.query(
      "insert into tracking.dataset (id, experiment_id, name, digest, source_type, source) values ('d', 0, 'd', 'd', 'code', 'x')",
    );
    reset ??= new TestingReset(database.ownerUrl);
    const server = await new DataSource({ type: 'postgres', url: database.ownerUrl, poolSize: 1 }).initialize();
    try {
      const lock = (table: string): string => `lock table tracking.${table} in row exclusive mode`;
      const resetting = await server.transaction(async (tx) => {
        await tx.query(lock('metric_key'));
        const begun = reset?.run();
        const waiting =
          "select 1 from pg_stat_activity where datname = current_database() and application_name = 'assay-testing' and wait_event_type = 'Lock'";
        await expect.poll(async () => (await database.query(waiting)).length).toBe(1);
        await tx.query(lock('dataset')); // whoever has waited longest finds the circle, and gives way
        return { begun };
      });
      await resetting.begun;
    } finally {
      await server.destroy();
    }
    expect(await database.query('select id from tracking.metric_key')).toEqual([]);
  });

  it('keeps the triggers: a change without a record is refused as before', async () => {
    await expect(database.query("update tracking.experiment set name = 'x'")).rejects.toThrow(/record/);
    expect(await database.query("select tgname from pg_trigger where tgenabled <> 'O'")).toEqual([]);
  });

  it('starts numbering anew', async () => {
    await database.query("select nextval('tracking.experiment_number')");
    await reset?.run();
    expect(await database.query("select nextval('tracking.experiment_number') as number")).toEqual([{ number: '1' }]);
  });
});
