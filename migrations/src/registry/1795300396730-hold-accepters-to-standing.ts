import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A change of a policy is decided by people whom the version asks for that is to be replaced: under a role or group of its approvals that they
 * have held since before the change was proposed, in its order, and never by whoever proposed it.
 */
export class HoldAcceptersToStanding1795300396730 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function registry.require_other_accepter() returns trigger
       language plpgsql security definer set search_path = pg_catalog as $$
     begin
       if not exists (
         select from registry.policy_proposal c where c.id = new.proposal_id and c.state = 'open' and c.proposed_by <> new.actor_id
       ) then
         raise exception 'whoever proposed a change of a policy may not decide on it, and nobody on one that has ended' using errcode = 'GV007';
       end if;
       if not exists (
         select from registry.policy_proposal c join registry.policy p on p.id = c.policy_id
             join registry.policy_version b on b.id = c.base_version_id
             cross join lateral jsonb_array_elements(b.document -> 'approvals') as rule
             join access.person h on h.id = new.actor_id and h.disabled_at is null
           where c.id = new.proposal_id and new.approver = coalesce(rule ->> 'role', 'group:' || (rule ->> 'group'))
             and case when rule ->> 'role' is null then exists (
               select from access.group_member g where g.person_id = h.id and g.workspace = p.workspace
                 and g.group_name = rule ->> 'group' and g.since <= c.proposed_at)
             else exists (
               select from access.membership m where m.person_id = h.id and m.workspace = p.workspace
                 and m.role = rule ->> 'role' and m.granted_at <= c.proposed_at) end
       ) then
         raise exception 'a change of a policy is decided under a role or group that the policy asks for, held since before it was proposed'
           using errcode = 'GV007';
       end if;
       if new.decision = 'accept' and exists (
         select from registry.policy_proposal c
             join registry.policy_version b on b.id = c.base_version_id and b.document ->> 'approvalOrder' = 'in-order'
             cross join lateral jsonb_array_elements(b.document -> 'approvals') with ordinality as mine (rule, place)
             join lateral jsonb_array_elements(b.document -> 'approvals') with ordinality as before (rule, place)
               on before.place < mine.place
           where c.id = new.proposal_id and new.approver = coalesce(mine.rule ->> 'role', 'group:' || (mine.rule ->> 'group'))
             and (before.rule ->> 'count')::bigint > (
               select count(distinct d.actor_id) from registry.policy_proposal_decision d
                 where d.proposal_id = c.id and d.decision = 'accept'
                   and d.approver = coalesce(before.rule ->> 'role', 'group:' || (before.rule ->> 'group')))
       ) then
         raise exception 'an acceptance comes after those that the policy puts before it' using errcode = 'GV007';
       end if;
       return new;
     end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function registry.require_other_accepter() returns trigger
       language plpgsql security definer set search_path = pg_catalog as $$
     begin
       if not exists (
         select from registry.policy_proposal c where c.id = new.proposal_id and c.state = 'open' and c.proposed_by <> new.actor_id
       ) then
         raise exception 'whoever proposed a change of a policy may not decide on it, and nobody on one that has ended' using errcode = 'GV007';
       end if;
       return new;
     end $$`);
  }
}
