import { services } from '@assay/platform/database';
import { migrate, schemas } from '@assay/migrations';
import { testDatabase, testPasswords } from '@assay/testing';
import { getDataSourceToken } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { wholePlatform } from './whole-platform.js';

describe('the database schema', () => {
  const database = testDatabase();
  const platform = wholePlatform(database);

  it.each(services)('agrees with the entities of %s', async (service) => {
    const owner = asOwner(platform.app.get<DataSource>(getDataSourceToken(service), { strict: false }));
    await owner.initialize();
    try {
      expect(owner.entityMetadatas.length).toBeGreaterThan(0);
      const { upQueries } = await owner.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    } finally {
      await owner.destroy();
    }
  });

  it('names every column that an entity lacks', async () => {
    await database.query('alter table audit.leaf add column planted text');
    const owner = asOwner(platform.app.get<DataSource>(getDataSourceToken('audit'), { strict: false }));
    await owner.initialize();
    try {
      const { upQueries } = await owner.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query).join()).toContain('planted');
    } finally {
      await owner.destroy();
      await database.query('alter table audit.leaf drop column planted');
    }
  });

  it('has every table of ours in an entity', async () => {
    const mapped = services.flatMap((service) =>
      platform.app
        .get<DataSource>(getDataSourceToken(service), { strict: false })
        .entityMetadatas.map((metadata) => metadata.tablePath),
    );
    const tables = await ourTables();
    // The inbox is written by SQL alone: its `tx` column has a type that TypeORM doesn't know. The queue's tables are pg-boss's own.
    expect(tables.filter((table) => !mapped.includes(table) && !table.startsWith('queue.'))).toEqual(['audit.inbox']);
  });

  it('declares every table as governed or telemetry', async () => {
    const declared = (await database.query('select name from audit.declared_table')).map((row) => row.name);
    const tables = await ourTables();
    expect(tables.filter((table) => !declared.includes(table))).toEqual([]);
    expect(declared.filter((name) => !tables.includes(String(name)))).toEqual([]);
  });

  it('has the audit trigger on every governed table, for each of its key columns', async () => {
    const rows = await database.query(`
      select d.name, d.key_columns, count(t.oid)::int as triggers,
             (select string_agg(a.attname, ',' order by k.position)
                from pg_constraint c, unnest(c.conkey) with ordinality as k (attnum, position)
                join pg_attribute a on a.attnum = k.attnum
               where c.conrelid = to_regclass(d.name) and c.contype = 'p' and a.attrelid = c.conrelid) as primary_key
        from audit.declared_table d
        left join pg_trigger t on t.tgrelid = to_regclass(d.name) and t.tgfoid = 'audit.require_record()'::regprocedure and t.tgdeferrable and t.tginitdeferred
       where d.kind = 'governed' group by d.name, d.key_columns`);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row, String(row.name)).toMatchObject({ triggers: 2, primary_key: row.key_columns });
  });

  it('keeps everything out of the schema public', async () => {
    expect(await database.query(`select tablename from pg_tables where schemaname = 'public'`)).toEqual([]);
  });

  it('lets no service truncate, or write a neighbour', async () => {
    const rows = await database.query(`
      select grantee, table_schema || '.' || table_name as "table", privilege_type as privilege from information_schema.role_table_grants
       where grantee like '%\\_svc' and privilege_type not in ('SELECT', 'REFERENCES')`);
    expect(rows.filter((row) => row.privilege === 'TRUNCATE')).toEqual([]);
    const owned = new Map(schemas.map(({ name, service }) => [name, `${service}_svc`]));
    const foreign = rows.filter((row) => {
      const schema = String(row.table).split('.')[0] ?? '';
      return owned.has(schema) && owned.get(schema) !== row.grantee;
    });
    const shared = (table: string): boolean => table.startsWith('queue.') && table !== 'queue.migrations';
    expect(
      foreign.filter(
        (row) => !shared(String(row.table)) && !(row.table === 'audit.inbox' && row.privilege === 'INSERT'),
      ),
    ).toEqual([]);
    expect(rows.filter((row) => String(row.table).endsWith('.migrations'))).toEqual([]);
  });

  /** The same entities, as the role that may read the catalogue of every schema. */
  function asOwner(running: DataSource): DataSource {
    return new DataSource({
      type: 'postgres',
      url: database.ownerUrl,
      entities: running.entityMetadatas.map((metadata) => metadata.target),
      synchronize: false,
    });
  }

  async function ourTables(): Promise<string[]> {
    const names = schemas.map(({ name }) => name);
    const rows = await database.query(
      `select schemaname || '.' || tablename as name from pg_tables where schemaname = any($1) and tablename <> 'migrations' order by 1`,
      [names],
    );
    expect(rows.length).toBeGreaterThan(5);
    return rows.map((row) => String(row.name));
  }
});

describe('migrations', () => {
  const database = testDatabase();

  it('refuse a database that a newer version made, by name', async () => {
    await database.query(
      `insert into registry.migrations (timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`,
    );
    await expect(migrate(database.ownerUrl, testPasswords)).rejects.toThrow('FromTheFuture9999999999999');
    await database.query(`delete from registry.migrations where name = 'FromTheFuture9999999999999'`);
  });

  it('run once when two start at the same time on an empty database', async () => {
    const url = new URL(database.ownerUrl);
    const name = `${url.pathname.slice(1)}_twice`;
    await database.query(`create database ${name} template template0`);
    url.pathname = `/${name}`;
    try {
      const [first, second] = await Promise.all([migrate(url.href, testPasswords), migrate(url.href, testPasswords)]);
      const expected = schemas.reduce((sum, { migrations }) => sum + migrations.length, 0);
      expect([first, second].toSorted((a, b) => a - b)).toEqual([0, expected]);
    } finally {
      await database.query(`drop database ${name} with (force)`);
    }
  });

  it('can be started twice without harm', async () => {
    expect(await migrate(database.ownerUrl, testPasswords)).toBe(0);
    const client = new pg.Client({ connectionString: database.urls.audit });
    await client.connect();
    await expect(client.query('truncate audit.inbox')).rejects.toThrow('permission denied');
    await client.end();
  });
});
