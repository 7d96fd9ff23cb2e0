import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Consumers read `models:/<name>@<alias>` and `models:/<name>/<stage>`. So a model that a policy guards keeps its name and stays, and a guarded
 * stage is what its pointer says: its newest version is the one that a request put there.
 */
export class KeepGuardedNamesAndStages1795300397120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...names, ...stages]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger registered_model_guarded on registry.registered_model',
      'drop trigger zz_staged on registry.model_version',
      'drop trigger zz_registered_staged on registry.model_version',
      'drop function registry.refuse_guarded_name(), registry.require_staged_pointer()',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const names = [
  `create function registry.refuse_guarded_name() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     if exists (select from registry.pointer_guard g where g.model_id = new.id) then
       raise exception 'a model that a policy guards keeps its name and stays' using errcode = 'GV014';
     end if;
     return new;
   end $$`,
  'revoke all on function registry.refuse_guarded_name() from public',
  'grant execute on function registry.refuse_guarded_name() to registry_svc',
  `create trigger registered_model_guarded before update of name, deleted_at on registry.registered_model
     for each row when (old.name <> new.name or old.deleted_at is distinct from new.deleted_at)
     execute function registry.refuse_guarded_name()`,
];

const stages = [
  `create function registry.require_staged_pointer() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     if exists (
       select from registry.pointer_guard g
         where g.model_id = new.model_id and g.pointer in ('stage:Staging', 'stage:Production')
           and (select max(v.version) from registry.model_version v
               where v.model_id = g.model_id and 'stage:' || v.stage = g.pointer and v.deleted_at is null)
             is distinct from (select p.version from registry.pointer p where p.model_id = g.model_id and p.name = g.pointer)
     ) then
       raise exception 'a guarded stage holds what its pointer holds' using errcode = 'GV014';
     end if;
     return null;
   end $$`,
  'revoke all on function registry.require_staged_pointer() from public',
  'grant execute on function registry.require_staged_pointer() to registry_svc',
  `create constraint trigger zz_staged after update of stage, deleted_at on registry.model_version deferrable initially deferred
     for each row when (old.stage is distinct from new.stage or old.deleted_at is distinct from new.deleted_at)
     execute function registry.require_staged_pointer()`,
  `create constraint trigger zz_registered_staged after insert on registry.model_version deferrable initially deferred
     for each row when (new.stage <> 'None') execute function registry.require_staged_pointer()`,
];
