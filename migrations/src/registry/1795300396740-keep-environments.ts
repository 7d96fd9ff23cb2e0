import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/**
 * Each list of environments that a workspace has had, with its time: the newest is what holds, at every commit and whoever wrote the rows, so
 * that a question about a time is answered by the environments of that time. Nobody may change or delete one.
 */
export class KeepEnvironments1795300396740 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table registry.environment_list (
         workspace text not null, sequence bigint not null, environments jsonb not null, set_by text not null, set_at timestamptz not null,
         constraint environment_list_pk primary key (workspace, sequence))`,
      ...governed('registry.environment_list', { key: ['workspace', 'sequence'] }),
      'grant select, insert on registry.environment_list to registry_svc',
      `create function registry.require_kept_environments() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       declare
         place text := coalesce(new.workspace, old.workspace);
       begin
         if tg_table_name = 'environment_list' then
           if new.sequence <> 1 and not exists (
             select from registry.environment_list l
               where l.workspace = place and l.sequence = new.sequence - 1 and l.set_at < new.set_at) then
             raise exception 'a list of environments comes after the one before it' using errcode = 'GV011';
           end if;
         end if;
         if (select l.environments from registry.environment_list l where l.workspace = place order by l.sequence desc limit 1)
             is distinct from (
               select jsonb_agg(jsonb_build_object('name', e.name, 'aliases', (
                   select coalesce(jsonb_agg(a.alias order by a.alias collate "C"), '[]') from registry.environment_alias a
                     where a.workspace = e.workspace and a.environment = e.name)) order by e.position, e.name)
                 from registry.environment e where e.workspace = place) then
           raise exception 'environments are what their newest list says' using errcode = 'GV011';
         end if;
         return null;
       end $$`,
      'revoke all on function registry.require_kept_environments() from public',
      'grant execute on function registry.require_kept_environments() to registry_svc',
      ...['environment', 'environment_alias', 'environment_list'].map(
        (table) => `create constraint trigger zz_kept after insert or update or delete on registry.${table}
           deferrable initially deferred for each row execute function registry.require_kept_environments()`,
      ),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger zz_kept on registry.environment');
    await runner.query('drop trigger zz_kept on registry.environment_alias');
    await runner.query('drop table registry.environment_list');
    await runner.query('drop function registry.require_kept_environments()');
    await runner.query("delete from audit.declared_table where name = 'registry.environment_list'");
  }
}
