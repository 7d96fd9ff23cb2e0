import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever is an author of a version is one of each copy of it: copying makes nobody a stranger to what they registered. */
export class TraceAuthorsOfCopies1795300396610 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      authorIds(`
     select ${of('v')} from registry.model_version v where v.model_id = asked_model and v.version = asked_version
     union
     select ${of('o')} from asked a join registry.model_version o on o.model_id = a.copied_from_model_id and o.version = a.copied_from_version`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      authorIds(`
     select ${of('v')} from registry.model_version v where v.model_id = asked_model and v.version = asked_version`),
    );
  }
}

function of(version: string): string {
  const columns = [
    'registered_by',
    'run_id',
    'logged_model_id',
    'owner_kind',
    'owner_id',
    'copied_from_model_id',
    'copied_from_version',
  ];
  return columns.map((column) => `${version}.${column}`).join(', ');
}

function authorIds(asked: string): string {
  return `create or replace function registry.author_ids(asked_model text, asked_version bigint) returns setof text
     language sql stable security definer set search_path = pg_catalog as $$
     with recursive asked as (${asked}
     ), models as (
       select l.model_id, l.source_run_id, l.created_by from asked a join tracking.logged_model l
         on l.model_id in (a.logged_model_id, case when a.owner_kind = 'logged_model' then a.owner_id end)
     ), run_ids as (
       select run_id from asked union select owner_id from asked where owner_kind = 'run' union select source_run_id from models
     )
     select registered_by from asked
     union select created_by from models
     union select r.created_by from run_ids i join tracking.run r on r.run_id = i.run_id
     union select c.actor_id from run_ids i join tracking.contributor c on c.owner_kind = 'run' and c.owner_id = i.run_id
     union select c.actor_id from models m join tracking.contributor c on c.owner_kind = 'logged_model' and c.owner_id = m.model_id
   $$`;
}
