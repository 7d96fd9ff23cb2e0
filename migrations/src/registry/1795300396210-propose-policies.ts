import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/**
 * A policy that guards something changes by an accepted proposal only: a new version, a dropped guard. The database refuses everything else,
 * whoever writes the rows, and lets nobody accept what they proposed.
 */
export class ProposePolicies1795300396210 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...acceptance, ...changes]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger policy_version_accepted on registry.policy_version',
      'drop trigger pointer_guard_accepted on registry.pointer_guard',
      'drop table registry.policy_proposal_decision, registry.policy_proposal',
      `drop function registry.require_other_accepter(), registry.require_acceptances(), registry.require_accepted_version(),
         registry.require_accepted_guard()`,
      "delete from audit.declared_table where name in ('registry.policy_proposal', 'registry.policy_proposal_decision')",
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const tables = [
  `create table registry.policy_proposal (
     id text not null, workspace text not null, policy_id text not null, base_version_id text not null,
     text text not null, digest text not null, document jsonb not null, guards jsonb not null, drops jsonb not null, binding text not null,
     reason text not null, proposed_by text not null, proposed_at timestamptz not null,
     state text not null, version bigint, accepted_tx text, outcome text, updated_at timestamptz not null,
     constraint policy_proposal_pk primary key (id),
     constraint policy_proposal_state check (state in ('open', 'accepted', 'refused', 'withdrawn', 'superseded')),
     constraint policy_proposal_policy foreign key (policy_id) references registry.policy (id),
     constraint policy_proposal_base_version foreign key (base_version_id) references registry.policy_version (id))`,
  `create unique index policy_proposal_open on registry.policy_proposal (policy_id) where state = 'open'`,
  'create index policy_proposal_by_policy on registry.policy_proposal (policy_id, proposed_at)',
  `create table registry.policy_proposal_decision (
     id text not null, proposal_id text not null, decision text not null, actor_id text not null, approver text not null,
     comment text not null, credential text not null, decided_at timestamptz not null,
     constraint policy_proposal_decision_pk primary key (id),
     constraint policy_proposal_decision_once unique (proposal_id, actor_id),
     constraint policy_proposal_decision_kind check (decision in ('accept', 'refuse')),
     constraint policy_proposal_decision_proposal foreign key (proposal_id) references registry.policy_proposal (id))`,
  ...governed('registry.policy_proposal', { key: ['id'] }),
  ...governed('registry.policy_proposal_decision', { key: ['id'] }),
  'grant select, insert on registry.policy_proposal, registry.policy_proposal_decision to registry_svc',
  'grant update (state, version, outcome, updated_at) on registry.policy_proposal to registry_svc',
];

const acceptance = [
  `create function registry.require_other_accepter() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if not exists (
       select from registry.policy_proposal c where c.id = new.proposal_id and c.state = 'open' and c.proposed_by <> new.actor_id
     ) then
       raise exception 'whoever proposed a change of a policy may not decide on it, and nobody on one that has ended' using errcode = 'GV007';
     end if;
     return new;
   end $$`,
  `create trigger policy_proposal_decision_four_eyes before insert on registry.policy_proposal_decision
     for each row execute function registry.require_other_accepter()`,
  // Accepted only with every approval that the version asks for which is to be replaced, and only while that one is the newest.
  `create function registry.require_acceptances() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     new.accepted_tx := null;
     if tg_op = 'INSERT' then
       if new.state <> 'open' then raise exception 'a proposal begins open' using errcode = 'GV007'; end if;
       return new;
     end if;
     if old.state <> 'open' then raise exception 'a proposal that has ended never changes' using errcode = 'GV007'; end if;
     if new.state <> 'accepted' then return new; end if;
     if not exists (
       select from registry.policy_version b where b.id = new.base_version_id and b.policy_id = new.policy_id
         and b.version = (select max(v.version) from registry.policy_version v where v.policy_id = new.policy_id)
     ) or not exists (
       select from registry.policy_proposal_decision d where d.proposal_id = new.id and d.decision = 'accept'
     ) or exists (
       select from registry.policy_version b cross join lateral jsonb_array_elements(b.document -> 'approvals') as rule
         where b.id = new.base_version_id and (rule ->> 'count')::bigint > (
           select count(distinct d.actor_id) from registry.policy_proposal_decision d
             where d.proposal_id = new.id and d.decision = 'accept'
               and d.approver = coalesce(rule ->> 'role', 'group:' || (rule ->> 'group')))
     ) or exists (
       select from registry.policy_proposal_decision d where d.proposal_id = new.id and d.decision = 'refuse'
     ) then
       raise exception 'a change of a policy needs every approval of the version that it replaces' using errcode = 'GV007';
     end if;
     new.accepted_tx := pg_current_xact_id()::text;
     return new;
   end $$`,
  `create trigger policy_proposal_acceptances before insert or update on registry.policy_proposal
     for each row execute function registry.require_acceptances()`,
];

const changes = [
  `create function registry.require_accepted_version() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if exists (select from registry.pointer_guard g where g.policy_id = new.policy_id) and not exists (
       select from registry.policy_proposal c where c.policy_id = new.policy_id and c.state = 'accepted'
         and c.accepted_tx = pg_current_xact_id()::text and c.text = new.text and c.digest = new.digest and c.document = new.document
     ) then
       raise exception 'a policy that guards a pointer changes by an accepted proposal only' using errcode = 'GV008';
     end if;
     return new;
   end $$`,
  `create trigger policy_version_accepted before insert on registry.policy_version
     for each row execute function registry.require_accepted_version()`,
  // A guard may come at any time, under the newest version of its policy. It goes, or changes, by an accepted proposal that says so.
  `create function registry.require_accepted_guard() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if tg_op <> 'DELETE' and not exists (
       select from registry.policy_version v join registry.policy p on p.id = v.policy_id
           join registry.registered_model m on m.id = new.model_id and m.workspace = p.workspace
         where v.id = new.policy_version_id and v.policy_id = new.policy_id
           and v.version = (select max(n.version) from registry.policy_version n where n.policy_id = new.policy_id)
     ) then
       raise exception 'a pointer is guarded by the newest version of a policy of its workspace' using errcode = 'GV008';
     end if;
     if tg_op = 'INSERT' then return new; end if;
     if tg_op = 'UPDATE' and (new.model_id, new.pointer, new.policy_id) is distinct from (old.model_id, old.pointer, old.policy_id)
       or not exists (
         select from registry.policy_proposal c where c.policy_id = old.policy_id and c.state = 'accepted'
           and c.accepted_tx = pg_current_xact_id()::text and (tg_op = 'UPDATE' or not exists (
             select from jsonb_array_elements(c.guards) as kept
               where kept ->> 'modelId' = old.model_id and kept ->> 'pointer' = old.pointer))
       ) then
       raise exception 'a guard is dropped or changed by an accepted proposal only' using errcode = 'GV008';
     end if;
     return coalesce(new, old);
   end $$`,
  `create trigger pointer_guard_accepted before insert or update or delete on registry.pointer_guard
     for each row execute function registry.require_accepted_guard()`,
  `revoke all on function registry.require_other_accepter(), registry.require_acceptances(), registry.require_accepted_version(),
     registry.require_accepted_guard() from public`,
  `grant execute on function registry.require_other_accepter(), registry.require_acceptances(), registry.require_accepted_version(),
     registry.require_accepted_guard() to registry_svc`,
];
