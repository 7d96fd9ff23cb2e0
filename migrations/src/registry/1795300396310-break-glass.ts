import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/**
 * A guarded pointer may move at once where every policy that guards it has a rule for that, by somebody who holds each rule's role, and
 * with a review that somebody else closes. While one of a pointer's is overdue, there is no other.
 */
export class BreakGlass1795300396310 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...rules, ...moves]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop table registry.break_glass_policy, registry.break_glass',
      'drop function registry.require_break_glass_rule(), registry.require_other_reviewer(), registry.policy_duration(text)',
      'drop trigger zz_guarded on registry.pointer',
      'drop function registry.require_applied_promotion()',
      "delete from audit.declared_table where name in ('registry.break_glass', 'registry.break_glass_policy')",
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const tables = [
  `create table registry.break_glass (
     id text not null, workspace text not null, model_id text not null, pointer text not null, version bigint not null, from_version bigint,
     reason text not null, broken_by text not null, broken_at timestamptz not null, expires_at timestamptz not null,
     review_due_at timestamptz not null, alarmed_at timestamptz, applied_tx text,
     reviewed_by text, reviewed_at timestamptz, verdict text, comment text, credential text,
     constraint break_glass_pk primary key (id),
     constraint break_glass_verdict check (verdict in ('justified', 'unjustified')),
     constraint break_glass_other_reviewer check (reviewed_by is null or reviewed_by <> broken_by),
     constraint break_glass_review check ((reviewed_by is null) = (reviewed_at is null) and (reviewed_by is null) = (verdict is null)
       and (reviewed_by is null) = (comment is null) and (reviewed_by is null) = (credential is null)),
     constraint break_glass_version foreign key (model_id, version) references registry.model_version (model_id, version))`,
  'create index break_glass_by_pointer on registry.break_glass (model_id, pointer, broken_at)',
  'create index break_glass_open on registry.break_glass (review_due_at) where reviewed_by is null',
  `create table registry.break_glass_policy (
     break_glass_id text not null, policy_version_id text not null,
     constraint break_glass_policy_pk primary key (break_glass_id, policy_version_id),
     constraint break_glass_policy_break_glass foreign key (break_glass_id) references registry.break_glass (id),
     constraint break_glass_policy_version foreign key (policy_version_id) references registry.policy_version (id))`,
  ...governed('registry.break_glass', { key: ['id'] }),
  ...governed('registry.break_glass_policy', { key: ['break_glass_id', 'policy_version_id'] }),
  'grant select, insert on registry.break_glass, registry.break_glass_policy to registry_svc',
  'grant update (alarmed_at, reviewed_by, reviewed_at, verdict, comment, credential) on registry.break_glass to registry_svc',
];

const rules = [
  `create function registry.policy_duration(written text) returns interval language sql immutable set search_path = pg_catalog as $$
     select make_interval(hours => left(written, -1)::int * case right(written, 1) when 'd' then 24 else 1 end)
   $$`,
  `create function registry.require_break_glass_rule() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     broken registry.break_glass;
     rule jsonb;
   begin
     select * into broken from registry.break_glass b where b.id = new.break_glass_id;
     select v.document -> 'breakGlass' into rule from registry.policy_version v where v.id = new.policy_version_id;
     if rule is null or broken.applied_tx is distinct from pg_current_xact_id()::text
       or not exists (select from access.membership m join access.person h on h.id = m.person_id and h.disabled_at is null
         where m.person_id = broken.broken_by and m.workspace = broken.workspace and m.role = rule ->> 'role')
       or broken.expires_at > broken.broken_at + registry.policy_duration(rule ->> 'expiresAfter')
       or broken.review_due_at > broken.broken_at + registry.policy_duration(rule #>> '{review,within}') then
       raise exception 'the glass is broken by the rule of the policy only' using errcode = 'GV007';
     end if;
     return new;
   end $$`,
  `create function registry.require_other_reviewer() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if tg_op = 'INSERT' then
       new.applied_tx := pg_current_xact_id()::text;
       if new.reviewed_by is not null then
         raise exception 'a review comes after what it is about' using errcode = 'GV007';
       end if;
       if exists (
         select from registry.break_glass b where b.model_id = new.model_id and b.pointer = new.pointer and b.reviewed_by is null
           and least(b.review_due_at, b.expires_at) <= new.broken_at
       ) then
         raise exception 'an overdue review stands before breaking the glass again' using errcode = 'GV007';
       end if;
       return new;
     end if;
     if old.reviewed_by is not null and new is distinct from old then
       raise exception 'a closed review never changes' using errcode = 'GV007';
     end if;
     if new.reviewed_by is not null and exists (
       select from registry.break_glass_policy b join registry.policy_version v on v.id = b.policy_version_id
         where b.break_glass_id = new.id and not exists (
           select from access.membership m join access.person h on h.id = m.person_id and h.disabled_at is null
             where m.person_id = new.reviewed_by and m.workspace = new.workspace and m.role = v.document #>> '{breakGlass,review,role}')
     ) then
       raise exception 'a review is closed by somebody with its role' using errcode = 'GV007';
     end if;
     return new;
   end $$`,
  'revoke all on function registry.policy_duration(text), registry.require_break_glass_rule(), registry.require_other_reviewer() from public',
  'grant execute on function registry.policy_duration(text), registry.require_break_glass_rule(), registry.require_other_reviewer() to registry_svc',
  `create trigger break_glass_policy_rule before insert on registry.break_glass_policy
     for each row execute function registry.require_break_glass_rule()`,
  `create trigger break_glass_reviewer before insert or update on registry.break_glass
     for each row execute function registry.require_other_reviewer()`,
];

const moves = [
  'alter table registry.pointer_move drop constraint pointer_move_via',
  `alter table registry.pointer_move add constraint pointer_move_via
     check (via in ('alias', 'stage', 'pointer', 'promotion', 'rollback', 'break-glass', 'version-delete', 'model-delete'))`,
  `create or replace function registry.require_applied_promotion() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     moved registry.pointer := coalesce(new, old);
   begin
     if tg_op = 'UPDATE' and old.version is not distinct from new.version then return null; end if;
     if tg_op = 'INSERT' and new.version is null then return null; end if;
     if not exists (select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name) then return null; end if;
     if tg_op <> 'DELETE' and exists (
       select from registry.promotion p where p.model_id = moved.model_id and p.pointer = moved.name
         and p.version = moved.version and p.state = 'applied' and p.applied_tx = pg_current_xact_id()::text
         and not exists (
           select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name and not exists (
             select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id
               where b.promotion_id = p.id and v.policy_id = g.policy_id))
     ) then return null; end if;
     if tg_op <> 'DELETE' and exists (
       select from registry.break_glass b where b.model_id = moved.model_id and b.pointer = moved.name
         and b.version = moved.version and b.applied_tx = pg_current_xact_id()::text
         and not exists (
           select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name and not exists (
             select from registry.break_glass_policy r where r.break_glass_id = b.id and r.policy_version_id = g.policy_version_id))
     ) then return null; end if;
     raise exception 'a guarded pointer moves by an approved request only' using errcode = 'GV003';
   end $$`,
];
