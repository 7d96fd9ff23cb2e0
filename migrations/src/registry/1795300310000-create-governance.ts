import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/** Policies, evaluations and promotion requests, with the database's own refusal of a self-approved or unapproved move. */
export class CreateGovernance1795300310000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...policies, ...evaluations, ...promotions, ...fourEyes, ...approvedMoves])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger zz_guarded on registry.pointer',
      'drop table registry.promotion_decision, registry.promotion, registry.evaluation, registry.pointer_guard, registry.policy_version, registry.policy',
      'drop function registry.require_four_eyes(), registry.require_approvals(), registry.require_applied_promotion()',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

/** A published version can't change: no service role may update it. */
const policies = [
  `create table registry.policy (
     id text not null, workspace text not null, name text not null, created_at timestamptz not null,
     constraint policy_pk primary key (id), constraint policy_name unique (workspace, name))`,
  `create table registry.policy_version (
     id text not null, policy_id text not null, version bigint not null, digest text not null, text text not null,
     document jsonb not null, guards jsonb not null, published_by text not null, published_at timestamptz not null,
     constraint policy_version_pk primary key (id), constraint policy_version_number unique (policy_id, version),
     constraint policy_version_policy foreign key (policy_id) references registry.policy (id))`,
  `create table registry.pointer_guard (
     model_id text not null, pointer text not null, policy_version_id text not null,
     constraint pointer_guard_pk primary key (model_id, pointer),
     constraint pointer_guard_model foreign key (model_id) references registry.registered_model (id),
     constraint pointer_guard_policy_version foreign key (policy_version_id) references registry.policy_version (id))`,
  'create index pointer_guard_by_policy_version on registry.pointer_guard (policy_version_id)',
  ...governed('registry.policy', { key: ['id'] }),
  ...governed('registry.policy_version', { key: ['id'] }),
  ...governed('registry.pointer_guard', { key: ['model_id', 'pointer'] }),
  'grant select, insert on registry.policy, registry.policy_version to registry_svc',
  'grant select, insert, update, delete on registry.pointer_guard to registry_svc',
];

/** A fact: written once by the platform's own job, never changed. */
const evaluations = [
  `create table registry.evaluation (
     id text not null, workspace text not null, model_id text not null, version bigint not null,
     dataset_name text not null, dataset_version bigint not null, dataset_digest text not null,
     facts jsonb not null, digest text not null, job_id text not null, run_id text, reported_by text not null,
     on_training_data boolean not null, created_at timestamptz not null,
     constraint evaluation_pk primary key (id),
     constraint evaluation_version foreign key (model_id, version) references registry.model_version (model_id, version))`,
  'create index evaluation_by_version on registry.evaluation (model_id, version, dataset_digest, created_at)',
  ...governed('registry.evaluation', { key: ['id'] }),
  'grant select, insert on registry.evaluation to registry_svc',
];

/** What a request is bound to is in no UPDATE grant. */
const promotions = [
  `create table registry.promotion (
     id text not null, workspace text not null, model_id text not null, pointer text not null, version bigint not null,
     expected_holder bigint, policy_version_id text not null, manifest_digest text not null, reason text not null,
     requested_by text not null, may_not_approve jsonb not null, requested_at timestamptz not null, expires_at timestamptz not null,
     state text not null, binding text not null, gates jsonb not null, outcome text, applied_tx text, updated_at timestamptz not null,
     constraint promotion_pk primary key (id),
     constraint promotion_state check (state in ('open', 'checking', 'awaiting_approval', 'approved', 'applied', 'refused', 'withdrawn', 'expired', 'superseded')),
     constraint promotion_version foreign key (model_id, version) references registry.model_version (model_id, version),
     constraint promotion_policy_version foreign key (policy_version_id) references registry.policy_version (id))`,
  'create index promotion_by_pointer on registry.promotion (model_id, pointer, requested_at)',
  `create unique index promotion_undecided on registry.promotion (model_id, pointer, version)
     where state in ('open', 'checking', 'awaiting_approval', 'approved')`,
  `create table registry.promotion_decision (
     id text not null, promotion_id text not null, decision text not null, actor_id text not null, role text not null,
     comment text not null, credential text not null, binding text not null, decided_at timestamptz not null, voided_at timestamptz,
     constraint promotion_decision_pk primary key (id),
     constraint promotion_decision_kind check (decision in ('approve', 'refuse')),
     constraint promotion_decision_promotion foreign key (promotion_id) references registry.promotion (id))`,
  `create unique index promotion_decision_once on registry.promotion_decision (promotion_id, actor_id) where voided_at is null`,
  ...governed('registry.promotion', { key: ['id'] }),
  ...governed('registry.promotion_decision', { key: ['id'] }),
  'grant select, insert on registry.promotion, registry.promotion_decision to registry_svc',
  'grant update (state, binding, gates, outcome, updated_at) on registry.promotion to registry_svc',
  'grant update (voided_at) on registry.promotion_decision to registry_svc',
];

/** Whoever trained, registered or requested can't approve: read from the rows themselves, not from what the caller says. */
const fourEyes = [
  `create function registry.require_four_eyes() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     author boolean;
   begin
     if new.decision <> 'approve' then return new; end if;
     select p.requested_by = new.actor_id or p.may_not_approve ? new.actor_id or v.registered_by = new.actor_id
         or l.created_by is not distinct from new.actor_id
         or exists (select from tracking.run r where r.run_id in (v.run_id, l.source_run_id) and r.created_by = new.actor_id)
       into author
       from registry.promotion p join registry.model_version v on v.model_id = p.model_id and v.version = p.version
         left join tracking.logged_model l on l.model_id = v.logged_model_id
       where p.id = new.promotion_id;
     if author is distinct from false then
       raise exception 'whoever trained, registered or requested a version may not approve it' using errcode = 'GV001';
     end if;
     return new;
   end $$`,
  'revoke all on function registry.require_four_eyes() from public',
  'grant execute on function registry.require_four_eyes() to registry_svc',
  `create trigger promotion_decision_four_eyes before insert or update on registry.promotion_decision
     for each row execute function registry.require_four_eyes()`,
  // A request starts undecided, ends once, and is approved only with every approval that its policy asks for.
  `create function registry.require_approvals() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     needed bigint;
     given bigint;
   begin
     new.applied_tx := null;
     if tg_op = 'UPDATE' and old.state in ('applied', 'refused', 'withdrawn', 'expired', 'superseded') then
       raise exception 'a request that has ended never changes' using errcode = 'GV002';
     end if;
     if new.state not in ('approved', 'applied') then return new; end if;
     select sum((approval ->> 'count')::bigint) into needed
       from registry.policy_version v, jsonb_array_elements(v.document -> 'approvals') as approval where v.id = new.policy_version_id;
     select count(distinct actor_id) into given from registry.promotion_decision
       where promotion_id = new.id and decision = 'approve' and voided_at is null and binding = new.binding;
     if tg_op = 'INSERT' or given < coalesce(needed, 1) or exists (
       select from registry.promotion_decision where promotion_id = new.id and decision = 'refuse' and voided_at is null
     ) then
       raise exception 'a request needs every approval of its policy' using errcode = 'GV002';
     end if;
     if new.state = 'applied' then new.applied_tx := pg_current_xact_id()::text; end if;
     return new;
   end $$`,
  'revoke all on function registry.require_approvals() from public',
  'grant execute on function registry.require_approvals() to registry_svc',
  `create trigger promotion_approvals before insert or update on registry.promotion
     for each row execute function registry.require_approvals()`,
];

/** A guarded pointer moves only in the transaction that applies an approved request for that very version. */
const approvedMoves = [
  `create function registry.require_applied_promotion() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     moved registry.pointer := coalesce(new, old);
   begin
     if tg_op = 'UPDATE' and old.version is not distinct from new.version then return null; end if;
     if tg_op = 'INSERT' and new.version is null then return null; end if;
     if not exists (select from registry.pointer_guard g where g.model_id = moved.model_id and g.pointer = moved.name) then return null; end if;
     if tg_op = 'DELETE' or not exists (
       select from registry.promotion p where p.model_id = moved.model_id and p.pointer = moved.name
         and p.version = moved.version and p.state = 'applied' and p.applied_tx = pg_current_xact_id()::text
     ) then
       raise exception 'a guarded pointer moves by an approved request only' using errcode = 'GV003';
     end if;
     return null;
   end $$`,
  'revoke all on function registry.require_applied_promotion() from public',
  'grant execute on function registry.require_applied_promotion() to registry_svc',
  `create constraint trigger zz_guarded after insert or update or delete on registry.pointer
     deferrable initially deferred for each row execute function registry.require_applied_promotion()`,
];
