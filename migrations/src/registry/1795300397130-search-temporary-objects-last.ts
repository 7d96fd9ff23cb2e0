import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A function with a plain `search_path = pg_catalog` looks for types among the session's temporary objects first: a service that makes a type
 * `pg_temp.text` would give its own meaning to every `::text` in functions that run as the tables' owner. With `pg_temp` named last it can't.
 * The triggers that stamp and check a registration run as their caller, and are treated alike: what they stamp is a transaction's number as text.
 */
export class SearchTemporaryObjectsLast1795300397130 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(searchPath('pg_catalog, pg_temp'));
    for (const name of registrations)
      await runner.query(`alter function registry.${name}() set search_path = pg_catalog, pg_temp`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of registrations) await runner.query(`alter function registry.${name}() reset search_path`);
    await runner.query(searchPath('pg_catalog'));
  }
}

const registrations = ['stamp_registration', 'require_own_registration'] as const;

function searchPath(path: string): string {
  return `do $$
   declare
     ours record;
   begin
     for ours in select p.oid::regprocedure as signature from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname in ('audit', 'access', 'tracking', 'registry')
         and exists (select from unnest(p.proconfig) as setting where setting like 'search_path=%')
     loop
       execute format('alter function %s set search_path = ${path}', ours.signature);
     end loop;
   end $$`;
}
