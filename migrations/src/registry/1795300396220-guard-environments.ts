import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An environment that a policy guards has no alias that the policy does not guard, for any model that the policy names, and is never the
 * one that takes in every alias which nobody names. So nothing comes into a guarded environment beside its rule.
 */
export class GuardEnvironments1795300396220 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create function registry.require_guarded_alias() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       begin
         if exists (
           select from registry.pointer_guard g join registry.policy_version v on v.id = g.policy_version_id join registry.policy p on p.id = v.policy_id
             where p.workspace = new.workspace and v.document #> '{guards,environments}' ? new.environment
               and exists (select from registry.environment_alias a
                 where a.workspace = new.workspace and a.alias = new.alias and a.environment = new.environment)
               and not exists (select from registry.pointer_guard o
                 where o.policy_id = g.policy_id and o.model_id = g.model_id and o.pointer = new.alias)
         ) then
           raise exception 'every alias of a guarded environment is guarded' using errcode = 'GV009';
         end if;
         return null;
       end $$`,
      `create function registry.require_named_aliases() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       declare
         changed registry.environment := coalesce(new, old);
       begin
         if exists (
           select from registry.pointer_guard g join registry.policy_version v on v.id = g.policy_version_id join registry.policy p on p.id = v.policy_id
             where p.workspace = changed.workspace and v.document #> '{guards,environments}' ? (
               select e.name from registry.environment e where e.workspace = changed.workspace order by e.position, e.name limit 1)
         ) then
           raise exception 'a guarded environment is not the one that takes in every alias' using errcode = 'GV009';
         end if;
         return null;
       end $$`,
      'revoke all on function registry.require_guarded_alias(), registry.require_named_aliases() from public',
      'grant execute on function registry.require_guarded_alias(), registry.require_named_aliases() to registry_svc',
      `create constraint trigger zz_guarded after insert or update on registry.environment_alias
         deferrable initially deferred for each row execute function registry.require_guarded_alias()`,
      `create constraint trigger zz_guarded after insert or update or delete on registry.environment
         deferrable initially deferred for each row execute function registry.require_named_aliases()`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger zz_guarded on registry.environment_alias');
    await runner.query('drop trigger zz_guarded on registry.environment');
    await runner.query('drop function registry.require_guarded_alias(), registry.require_named_aliases()');
  }
}
