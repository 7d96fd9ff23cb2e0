import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An approval counts under what its signer has held since before the request was opened, in policies that the request is bound to. */
export class HoldSignersToStanding1795300396320 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create function registry.require_standing() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       begin
         if new.decision <> 'approve' or new.voided_at is not null then return new; end if;
         if exists (
           select from jsonb_each_text(new.counts) as counted (policy_version_id, approver)
               join registry.promotion p on p.id = new.promotion_id
             where not exists (select from registry.promotion_policy b
                 where b.promotion_id = p.id and b.policy_version_id = counted.policy_version_id)
               or not case when starts_with(counted.approver, 'group:') then exists (
                 select from access.group_member g where g.person_id = new.actor_id and g.workspace = p.workspace
                   and 'group:' || g.group_name = counted.approver and g.since <= p.requested_at)
               else exists (
                 select from access.membership m where m.person_id = new.actor_id and m.workspace = p.workspace
                   and m.role = counted.approver and m.granted_at <= p.requested_at) end
         ) then
           raise exception 'an approval counts under what its signer has held since before the request' using errcode = 'GV001';
         end if;
         return new;
       end $$`,
      'revoke all on function registry.require_standing() from public',
      'grant execute on function registry.require_standing() to registry_svc',
      `create trigger promotion_decision_standing before insert or update on registry.promotion_decision
         for each row execute function registry.require_standing()`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger promotion_decision_standing on registry.promotion_decision');
    await runner.query('drop function registry.require_standing()');
  }
}
