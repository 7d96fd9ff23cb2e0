import { testDatabase } from '@assay/testing';
import { expect, it } from 'vitest';

const database = testDatabase();

it('functions that run as the tables’ owner look for nothing among the session’s own objects first', async () => {
  const functions = await database.query(
    `select p.oid::regprocedure::text as signature, coalesce(array_to_string(p.proconfig, ' '), '') as settings
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')`,
  );
  expect(functions.length).toBeGreaterThan(20);
  expect(functions.filter(({ settings }) => !/search_path=pg_catalog, pg_temp( |$)/.test(String(settings)))).toEqual(
    [],
  );
});
