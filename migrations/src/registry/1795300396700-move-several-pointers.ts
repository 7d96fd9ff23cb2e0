import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/**
 * A request makes one move or several, all of them or none: what it wants stands in a row per move, written in the transaction that opens
 * the request, and each move is bound to the policies that guard its own pointer. An author of any of the versions approves none of it.
 */
export class MoveSeveralPointers1795300396700 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...moves, ...bound, ...opening, ...fourEyes, ...standing, ...wholeOrNone])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger zz_whole on registry.promotion',
      'drop trigger promotion_opening on registry.promotion',
      'drop table registry.promotion_move',
      `drop function registry.require_whole_promotion(), registry.note_opening(), registry.require_fit_move(),
         registry.promotion_authors(text), registry.asked_approvals(jsonb, text)`,
      'alter table registry.promotion drop column opened_tx',
      `alter table registry.promotion add column model_id text, add column pointer text, add column version bigint,
         add column expected_holder bigint, add column manifest_digest text`,
      'alter table registry.promotion_policy drop constraint promotion_policy_pk',
      'alter table registry.promotion_policy drop column position',
      'alter table registry.promotion_policy add constraint promotion_policy_pk primary key (promotion_id, policy_version_id)',
      "delete from audit.declared_table where name = 'registry.promotion_move'",
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const moves = [
  `create table registry.promotion_move (
     promotion_id text not null, position bigint not null, model_id text not null, pointer text not null, version bigint not null,
     expected_holder bigint, manifest_digest text not null,
     constraint promotion_move_pk primary key (promotion_id, position),
     constraint promotion_move_once unique (promotion_id, model_id, pointer),
     constraint promotion_move_changes check (expected_holder is distinct from version),
     constraint promotion_move_promotion foreign key (promotion_id) references registry.promotion (id),
     constraint promotion_move_version foreign key (model_id, version) references registry.model_version (model_id, version))`,
  'create index promotion_move_by_pointer on registry.promotion_move (model_id, pointer)',
  `insert into registry.promotion_move (promotion_id, position, model_id, pointer, version, expected_holder, manifest_digest)
     select id, 0, model_id, pointer, version, expected_holder, manifest_digest from registry.promotion`,
  'drop trigger promotion_earlier_holder on registry.promotion',
  'drop function registry.require_earlier_holder()',
  `alter table registry.promotion drop column model_id, drop column pointer, drop column version, drop column expected_holder,
     drop column manifest_digest`,
  `create index promotion_undecided on registry.promotion (id) where state in ('open', 'checking', 'awaiting_approval')`,
  'create index promotion_by_time on registry.promotion (workspace, requested_at, id)',
  ...governed('registry.promotion_move', { key: ['promotion_id', 'position'] }),
  'grant select, insert on registry.promotion_move to registry_svc',
];

/** Which text binds which move. */
const bound = [
  'drop trigger zz_audited_rows on registry.promotion_policy',
  'drop trigger zz_audited_change on registry.promotion_policy',
  "delete from audit.declared_table where name = 'registry.promotion_policy'",
  'alter table registry.promotion_policy add column position bigint',
  'update registry.promotion_policy set position = 0',
  'alter table registry.promotion_policy alter column position set not null',
  'alter table registry.promotion_policy drop constraint promotion_policy_pk',
  'alter table registry.promotion_policy add constraint promotion_policy_pk primary key (promotion_id, position, policy_version_id)',
  'alter table registry.promotion_policy drop constraint promotion_policy_promotion',
  `alter table registry.promotion_policy add constraint promotion_policy_move
     foreign key (promotion_id, position) references registry.promotion_move (promotion_id, position)`,
  ...governed('registry.promotion_policy', { key: ['promotion_id', 'position', 'policy_version_id'] }),
];

/** Moves and policies come with the request, in its transaction: nothing is put under what somebody has signed. */
const opening = [
  'alter table registry.promotion add column opened_tx text',
  `create function registry.note_opening() returns trigger language plpgsql set search_path = pg_catalog as $$
   begin
     new.opened_tx := pg_current_xact_id()::text;
     return new;
   end $$`,
  `create trigger promotion_opening before insert on registry.promotion for each row execute function registry.note_opening()`,
  `create function registry.require_fit_move() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     way text;
   begin
     select p.via into way from registry.promotion p join registry.registered_model m on m.workspace = p.workspace and m.id = new.model_id
       where p.id = new.promotion_id and p.opened_tx = pg_current_xact_id()::text;
     if way is null then
       raise exception 'the moves of a request come with it, for models of its workspace' using errcode = 'GV006';
     end if;
     if way = 'rollback' and not exists (
       select from registry.pointer_move l join registry.promotion r on r.id = l.request_id
         where l.model_id = new.model_id and l.pointer = new.pointer and l.to_version = new.version and r.state = 'applied'
     ) then
       raise exception 'a rollback goes back to a version that held the pointer by an approved request' using errcode = 'GV004';
     end if;
     return new;
   end $$`,
  `create trigger promotion_move_fit before insert on registry.promotion_move
     for each row execute function registry.require_fit_move()`,
  `create or replace function registry.require_current_guard() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if not exists (
       select from registry.promotion p join registry.promotion_move v on v.promotion_id = p.id and v.position = new.position
           join registry.pointer_guard g on g.model_id = v.model_id and g.pointer = v.pointer
         where p.id = new.promotion_id and p.opened_tx = pg_current_xact_id()::text and g.policy_version_id = new.policy_version_id
     ) then
       raise exception 'a request is bound to the policies that guard its pointers when it is opened' using errcode = 'GV006';
     end if;
     return new;
   end $$`,
];

const fourEyes = [
  `create function registry.promotion_authors(asked text) returns setof text
     language sql stable security definer set search_path = pg_catalog as $$
     select a.id from registry.promotion_move v cross join lateral registry.author_ids(v.model_id, v.version) as a (id)
       where v.promotion_id = asked
   $$`,
  `create or replace function registry.require_four_eyes() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     author boolean;
   begin
     if new.decision <> 'approve' or new.voided_at is not null then return new; end if;
     if not exists (select from access.person h where h.id = new.actor_id and h.disabled_at is null) then
       raise exception 'only people approve' using errcode = 'GV001';
     end if;
     select p.requested_by = new.actor_id or p.may_not_approve ? new.actor_id
         or new.actor_id in (select registry.promotion_authors(p.id))
       into author from registry.promotion p where p.id = new.promotion_id;
     if author is distinct from false then
       raise exception 'whoever trained, registered or requested a version may not approve it' using errcode = 'GV001';
     end if;
     return new;
   end $$`,
  `create or replace function registry.require_other_signers() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if new.state in ('approved', 'applied') and exists (
       select from registry.promotion_decision d
         where d.promotion_id = new.id and d.decision = 'approve' and d.voided_at is null and d.binding = new.binding
           and (d.actor_id = new.requested_by or new.may_not_approve ? d.actor_id
             or d.actor_id in (select registry.promotion_authors(new.id)))
     ) then
       raise exception 'whoever trained, registered or requested a version may not approve it' using errcode = 'GV001';
     end if;
     return new;
   end $$`,
];

/** In a policy that orders its approvals, a line is signed when those before it are complete. */
const standing = [
  `create function registry.asked_approvals(document jsonb, via text) returns jsonb language sql immutable set search_path = pg_catalog as $$
     select case when via = 'rollback' and jsonb_typeof(document #> '{rollback,approvals}') = 'array'
       then document #> '{rollback,approvals}' else document -> 'approvals' end
   $$`,
  `create or replace function registry.require_standing() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
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
     if exists (
       select from registry.promotion p cross join jsonb_each_text(new.counts) as counted (policy_version_id, approver)
           join registry.policy_version v on v.id = counted.policy_version_id and v.document ->> 'approvalOrder' = 'in-order'
           cross join lateral jsonb_array_elements(registry.asked_approvals(v.document, p.via)) with ordinality as mine (rule, place)
           join lateral jsonb_array_elements(registry.asked_approvals(v.document, p.via)) with ordinality as before (rule, place)
             on before.place < mine.place
         where p.id = new.promotion_id
           and counted.approver = coalesce(mine.rule ->> 'role', 'group:' || (mine.rule ->> 'group'))
           and (before.rule ->> 'count')::bigint > (
             select count(distinct d.actor_id) from registry.promotion_decision d
               where d.promotion_id = p.id and d.decision = 'approve' and d.voided_at is null and d.binding = new.binding
                 and d.counts ->> v.id = coalesce(before.rule ->> 'role', 'group:' || (before.rule ->> 'group')))
     ) then
       raise exception 'an approval comes after those that its policy puts before it' using errcode = 'GV001';
     end if;
     return new;
   end $$`,
];

const wholeOrNone = [
  `create or replace function registry.require_applied_promotion() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     moved registry.pointer := coalesce(new, old);
     held bigint := case when tg_op = 'UPDATE' then old.version end;
   begin
     if tg_op = 'UPDATE' and old.version is not distinct from new.version then return null; end if;
     if tg_op = 'INSERT' and new.version is null then return null; end if;
     if not exists (select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name) then return null; end if;
     if tg_op <> 'DELETE' and exists (
       select from registry.promotion_move w join registry.promotion p on p.id = w.promotion_id
         where w.model_id = moved.model_id and w.pointer = moved.name and w.version = moved.version
           and w.expected_holder is not distinct from held and p.state = 'applied' and p.applied_tx = pg_current_xact_id()::text
           and not exists (
             select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name and not exists (
               select from registry.promotion_policy b join registry.policy_version v on v.id = b.policy_version_id
                 where b.promotion_id = p.id and b.position = w.position and v.policy_id = g.policy_id))
     ) then return null; end if;
     if tg_op <> 'DELETE' and exists (
       select from registry.break_glass b where b.model_id = moved.model_id and b.pointer = moved.name
         and b.version = moved.version and b.from_version is not distinct from held and b.applied_tx = pg_current_xact_id()::text
         and not exists (
           select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name and not exists (
             select from registry.break_glass_policy r where r.break_glass_id = b.id and r.policy_version_id = g.policy_version_id))
     ) then return null; end if;
     raise exception 'a guarded pointer moves by an approved request only' using errcode = 'GV003';
   end $$`,
  `create function registry.require_whole_promotion() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if not exists (select from registry.promotion_move w where w.promotion_id = new.id) then
       raise exception 'a request wants a move' using errcode = 'GV010';
     end if;
     if new.state = 'applied' and exists (
       select from registry.promotion_move w where w.promotion_id = new.id and not exists (
         select from registry.pointer_move l where l.model_id = w.model_id and l.pointer = w.pointer and l.request_id = new.id
           and l.to_version = w.version and l.from_version is not distinct from w.expected_holder)
     ) then
       raise exception 'a request makes all of its moves or none' using errcode = 'GV010';
     end if;
     return null;
   end $$`,
  `create constraint trigger zz_whole after insert or update on registry.promotion
     deferrable initially deferred for each row execute function registry.require_whole_promotion()`,
  `revoke all on function registry.note_opening(), registry.require_fit_move(), registry.promotion_authors(text),
     registry.asked_approvals(jsonb, text), registry.require_whole_promotion() from public`,
  `grant execute on function registry.note_opening(), registry.require_fit_move(), registry.promotion_authors(text),
     registry.asked_approvals(jsonb, text), registry.require_whole_promotion() to registry_svc`,
];
