import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A job acts in somebody's name: what is denied to them on models, is denied to it. */
export class CarryDenialsIntoJobs1795300115000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function access.denials_of');
  }
}

const statements = [
  `create function access.denials_of(holder text, held_in text) returns jsonb language sql stable security definer set search_path = '' as $$
     select coalesce(jsonb_agg(jsonb_build_object('pattern', g.name_pattern, 'permissions', g.permissions, 'effect', g.effect)), '[]')
       from access.model_grant g where g.workspace = held_in and g.effect = 'deny' and (
         (g.subject_kind in ('person', 'service') and g.subject = holder)
         or (g.subject_kind = 'group' and exists (select from access.group_member m
           where m.workspace = held_in and m.person_id = holder and m.group_name = g.subject))
         or (g.subject_kind = 'role' and (exists (select from access.membership m
             where m.workspace = held_in and m.person_id = holder and m.role = g.subject)
           or exists (select from access.service_account s where s.id = holder and jsonb_exists(s.roles, g.subject))))) $$`,
  'revoke all on function access.denials_of from public',
  'grant execute on function access.denials_of to registry_svc, runner_svc, drift_svc, audit_svc',
];
