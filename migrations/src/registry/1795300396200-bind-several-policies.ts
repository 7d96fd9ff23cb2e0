import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/**
 * A pointer may be guarded by several policies. A request is bound to each of them, and each asks for its own approvals; a decision counts
 * under one role or group per policy.
 */
export class BindSeveralPolicies1795300396200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...guards, ...bound, ...decisions, ...triggers]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop table registry.promotion_policy',
      'drop function registry.require_current_guard()',
      'alter table registry.promotion_decision drop column counts',
      'alter table registry.promotion add column policy_version_id text',
      'alter table registry.pointer_move add column policy_version_id text',
      'alter table registry.pointer_guard drop constraint pointer_guard_pk',
      'alter table registry.pointer_guard drop constraint pointer_guard_policy_version',
      'alter table registry.pointer_guard drop column policy_id',
      'alter table registry.pointer_guard add constraint pointer_guard_pk primary key (model_id, pointer)',
      'alter table registry.policy_version drop constraint policy_version_of_policy',
      "delete from audit.declared_table where name = 'registry.promotion_policy'",
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const guards = [
  'drop trigger zz_audited_rows on registry.pointer_guard',
  'drop trigger zz_audited_change on registry.pointer_guard',
  "delete from audit.declared_table where name = 'registry.pointer_guard'",
  'alter table registry.policy_version add constraint policy_version_of_policy unique (id, policy_id)',
  'alter table registry.pointer_guard add column policy_id text',
  'update registry.pointer_guard g set policy_id = v.policy_id from registry.policy_version v where v.id = g.policy_version_id',
  'alter table registry.pointer_guard alter column policy_id set not null',
  'alter table registry.pointer_guard drop constraint pointer_guard_pk',
  'alter table registry.pointer_guard add constraint pointer_guard_pk primary key (model_id, pointer, policy_id)',
  'alter table registry.pointer_guard drop constraint pointer_guard_policy_version',
  `alter table registry.pointer_guard add constraint pointer_guard_policy_version
     foreign key (policy_version_id, policy_id) references registry.policy_version (id, policy_id)`,
  ...governed('registry.pointer_guard', { key: ['model_id', 'pointer', 'policy_id'] }),
];

/** Which policy texts a request is bound to: written with the request, never changed. */
const bound = [
  `create table registry.promotion_policy (
     promotion_id text not null, policy_version_id text not null,
     constraint promotion_policy_pk primary key (promotion_id, policy_version_id),
     constraint promotion_policy_promotion foreign key (promotion_id) references registry.promotion (id),
     constraint promotion_policy_version foreign key (policy_version_id) references registry.policy_version (id))`,
  'create index promotion_policy_by_version on registry.promotion_policy (policy_version_id)',
  'insert into registry.promotion_policy (promotion_id, policy_version_id) select id, policy_version_id from registry.promotion',
  ...governed('registry.promotion_policy', { key: ['promotion_id', 'policy_version_id'] }),
  'grant select, insert on registry.promotion_policy to registry_svc',
];

const decisions = [
  'alter table registry.promotion_decision disable trigger zz_audited_change',
  'alter table registry.promotion_decision add column counts jsonb',
  `update registry.promotion_decision d set counts = jsonb_build_object(p.policy_version_id, d.role)
     from registry.promotion p where p.id = d.promotion_id`,
  'alter table registry.promotion_decision alter column counts set not null',
  'alter table registry.promotion_decision enable trigger zz_audited_change',
  // The moves that a request made name it, so its policies are known through it.
  'alter table registry.promotion drop column policy_version_id',
  'alter table registry.pointer_move drop column policy_version_id',
];

const triggers = [
  // A request is bound while it is opened, to texts that guard its pointer then.
  `create function registry.require_current_guard() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if not exists (
       select from registry.promotion p join registry.pointer_guard g on g.model_id = p.model_id and g.pointer = p.pointer
         where p.id = new.promotion_id and p.state = 'open' and g.policy_version_id = new.policy_version_id
     ) then
       raise exception 'a request is bound to the policies that guard its pointer when it is opened' using errcode = 'GV006';
     end if;
     return new;
   end $$`,
  'revoke all on function registry.require_current_guard() from public',
  'grant execute on function registry.require_current_guard() to registry_svc',
  `create trigger promotion_policy_guards before insert on registry.promotion_policy
     for each row execute function registry.require_current_guard()`,
  // Each line of each policy has as many different people as it asks for; a decision names one line per policy.
  `create or replace function registry.require_approvals() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     new.applied_tx := null;
     if tg_op = 'UPDATE' and old.state in ('applied', 'refused', 'withdrawn', 'expired', 'superseded') then
       raise exception 'a request that has ended never changes' using errcode = 'GV002';
     end if;
     if new.state not in ('approved', 'applied') then return new; end if;
     if tg_op = 'INSERT' or not exists (select from registry.promotion_policy b where b.promotion_id = new.id) or exists (
       select from registry.promotion_policy b where b.promotion_id = new.id and not exists (
         select from registry.promotion_decision d where d.promotion_id = new.id and d.decision = 'approve'
           and d.voided_at is null and d.binding = new.binding and d.counts ? b.policy_version_id)
     ) or exists (
       select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id
           cross join lateral jsonb_array_elements(
             case when new.via = 'rollback' and jsonb_typeof(v.document #> '{rollback,approvals}') = 'array'
               then v.document #> '{rollback,approvals}' else v.document -> 'approvals' end) as rule
         where b.promotion_id = new.id and (rule ->> 'count')::bigint > (
           select count(distinct d.actor_id) from registry.promotion_decision d
             where d.promotion_id = new.id and d.decision = 'approve' and d.voided_at is null and d.binding = new.binding
               and d.counts ->> v.id = coalesce(rule ->> 'role', 'group:' || (rule ->> 'group')))
     ) or exists (
       select from registry.promotion_decision where promotion_id = new.id and decision = 'refuse' and voided_at is null
     ) then
       raise exception 'a request needs every approval of its policies' using errcode = 'GV002';
     end if;
     if new.state = 'applied' then new.applied_tx := pg_current_xact_id()::text; end if;
     return new;
   end $$`,
  // A policy that came to guard the pointer after the request was opened has not been asked: the request can't move it any more.
  `create or replace function registry.require_applied_promotion() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     moved registry.pointer := coalesce(new, old);
   begin
     if tg_op = 'UPDATE' and old.version is not distinct from new.version then return null; end if;
     if tg_op = 'INSERT' and new.version is null then return null; end if;
     if not exists (select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name) then return null; end if;
     if tg_op = 'DELETE' or not exists (
       select from registry.promotion p where p.model_id = moved.model_id and p.pointer = moved.name
         and p.version = moved.version and p.state = 'applied' and p.applied_tx = pg_current_xact_id()::text
         and not exists (
           select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name and not exists (
             select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id
               where b.promotion_id = p.id and v.policy_id = g.policy_id))
     ) then
       raise exception 'a guarded pointer moves by an approved request only' using errcode = 'GV003';
     end if;
     return null;
   end $$`,
];
