import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger names a request or an emergency only for the move that it made, in the transaction that made it; a guarded pointer's moves always
 * name one. So who approved a move, and whether a version held a pointer by an approved request, is read from rows that nobody can plant. And
 * whoever decides waits for whoever decides beside them.
 */
export class HoldMovesToTheirRequests1795300397100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...named, ...fit, undecided('for share'), ...openProposal]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger zz_named on registry.pointer_move',
      'drop trigger promotion_move_sealed on registry.promotion_move',
      'drop trigger policy_proposal_decision_open on registry.policy_proposal_decision',
      'drop function registry.require_named_request(), registry.require_sealed_move(), registry.require_open_proposal()',
      undecided(''),
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const named = [
  `create function registry.require_named_request() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     if new.request_id is null then
       if new.via in ('promotion', 'break-glass') or exists (
         select from registry.pointer_guard g where g.model_id = new.model_id and g.pointer = new.pointer
       ) then
         raise exception 'a move of a guarded pointer names the request that made it' using errcode = 'GV005';
       end if;
       return null;
     end if;
     if not exists (
       select from registry.promotion_move w join registry.promotion p on p.id = w.promotion_id
         where w.promotion_id = new.request_id and w.model_id = new.model_id and w.pointer = new.pointer and w.version = new.to_version
           and w.expected_holder is not distinct from new.from_version and p.via = new.via
           and p.state = 'applied' and p.applied_tx = pg_current_xact_id()::text
     ) and not exists (
       select from registry.break_glass b
         where b.id = new.request_id and b.model_id = new.model_id and b.pointer = new.pointer and b.version = new.to_version
           and b.from_version is not distinct from new.from_version and new.via = 'break-glass' and new.actor_id = b.broken_by
           and b.applied_tx = pg_current_xact_id()::text
     ) then
       raise exception 'a move names the request or the emergency that made it, in its own transaction' using errcode = 'GV005';
     end if;
     return null;
   end $$`,
  'revoke all on function registry.require_named_request() from public',
  'grant execute on function registry.require_named_request() to registry_svc',
  `create constraint trigger zz_named after insert on registry.pointer_move
     deferrable initially deferred for each row execute function registry.require_named_request()`,
];

/** What is signed is the version as it was sealed, and an earlier holder is one that a request of that very move put there. */
const fit = [
  `create function registry.require_sealed_move() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   begin
     if not exists (
       select from registry.model_version v
         where v.model_id = new.model_id and v.version = new.version and v.manifest_digest = new.manifest_digest and v.deleted_at is null
     ) then
       raise exception 'a request wants a version as it was sealed' using errcode = 'GV006';
     end if;
     if exists (select from registry.promotion p where p.id = new.promotion_id and p.via = 'rollback') and not exists (
       select from registry.pointer_move l join registry.promotion r on r.id = l.request_id and r.state = 'applied'
           join registry.promotion_move w on w.promotion_id = r.id and w.model_id = l.model_id and w.pointer = l.pointer and w.version = l.to_version
         where l.model_id = new.model_id and l.pointer = new.pointer and l.to_version = new.version and l.via = r.via
     ) then
       raise exception 'a rollback goes back to a version that held the pointer by an approved request' using errcode = 'GV004';
     end if;
     return new;
   end $$`,
  'revoke all on function registry.require_sealed_move() from public',
  'grant execute on function registry.require_sealed_move() to registry_svc',
  `create trigger promotion_move_sealed before insert on registry.promotion_move
     for each row execute function registry.require_sealed_move()`,
];

/** A change of a request's state and a decision on it wait for each other's transaction, so that neither misses the other. */
function undecided(lock: string): string {
  return `create or replace function registry.require_undecided() returns trigger
     language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   declare
     held text;
   begin
     select p.state into held from registry.promotion p where p.id = new.promotion_id ${lock};
     if held in ('applied', 'refused', 'withdrawn', 'expired', 'superseded') then
       raise exception 'nothing is decided on a request that has ended' using errcode = 'GV002';
     end if;
     return new;
   end $$`;
}

const openProposal = [
  `create function registry.require_open_proposal() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
   declare
     held text;
   begin
     select c.state into held from registry.policy_proposal c where c.id = new.proposal_id for share;
     if held is distinct from 'open' then
       raise exception 'nobody decides on a change of a policy that has ended' using errcode = 'GV007';
     end if;
     return new;
   end $$`,
  'revoke all on function registry.require_open_proposal() from public',
  'grant execute on function registry.require_open_proposal() to registry_svc',
  `create trigger policy_proposal_decision_open before insert on registry.policy_proposal_decision
     for each row execute function registry.require_open_proposal()`,
];
