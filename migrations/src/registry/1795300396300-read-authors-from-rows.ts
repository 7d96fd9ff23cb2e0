import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who is an author of a version stands in rows that nobody rewrites: who registered it, who made the runs and logged models that it came
 * from, and who wrote files into them, before it was registered or since. The code and the database's own refusals ask one function.
 */
export class ReadAuthorsFromRows1795300396300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...authors, ...fourEyes, ...signers]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger promotion_signers on registry.promotion',
      'drop function registry.require_other_signers()',
      'drop trigger promotion_decision_four_eyes on registry.promotion_decision',
      'drop function registry.require_four_eyes()',
      'drop function registry.author_ids(text, bigint)',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const authors = [
  `create function registry.author_ids(asked_model text, asked_version bigint) returns setof text
     language sql stable security definer set search_path = pg_catalog as $$
     with asked as (
       select registered_by, run_id, logged_model_id, owner_kind, owner_id from registry.model_version
         where model_id = asked_model and version = asked_version
     ), models as (
       select l.model_id, l.source_run_id, l.created_by from asked a join tracking.logged_model l
         on l.model_id in (a.logged_model_id, case when a.owner_kind = 'logged_model' then a.owner_id end)
     ), run_ids as (
       select run_id from asked union select owner_id from asked where owner_kind = 'run' union select source_run_id from models
     )
     select registered_by from asked
     union select created_by from models
     union select r.created_by from run_ids i join tracking.run r on r.run_id = i.run_id
     union select c.actor_id from run_ids i join tracking.contributor c on c.owner_kind = 'run' and c.owner_id = i.run_id
     union select c.actor_id from models m join tracking.contributor c on c.owner_kind = 'logged_model' and c.owner_id = m.model_id
   $$`,
  'revoke all on function registry.author_ids(text, bigint) from public',
  'grant execute on function registry.author_ids(text, bigint) to registry_svc',
];

/** An approval is a person's who is no author; voiding one stays possible, also when its signer has become an author since. */
const fourEyes = [
  `create or replace function registry.require_four_eyes() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     author boolean;
   begin
     if new.decision <> 'approve' or new.voided_at is not null then return new; end if;
     if not exists (select from access.person h where h.id = new.actor_id and h.disabled_at is null) then
       raise exception 'only people approve' using errcode = 'GV001';
     end if;
     select p.requested_by = new.actor_id or p.may_not_approve ? new.actor_id
         or new.actor_id in (select registry.author_ids(p.model_id, p.version))
       into author from registry.promotion p where p.id = new.promotion_id;
     if author is distinct from false then
       raise exception 'whoever trained, registered or requested a version may not approve it' using errcode = 'GV001';
     end if;
     return new;
   end $$`,
];

/** Somebody who has become an author since is found again at the end. */
const signers = [
  `create function registry.require_other_signers() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if new.state in ('approved', 'applied') and exists (
       select from registry.promotion_decision d
         where d.promotion_id = new.id and d.decision = 'approve' and d.voided_at is null and d.binding = new.binding
           and (d.actor_id = new.requested_by or new.may_not_approve ? d.actor_id
             or d.actor_id in (select registry.author_ids(new.model_id, new.version)))
     ) then
       raise exception 'whoever trained, registered or requested a version may not approve it' using errcode = 'GV001';
     end if;
     return new;
   end $$`,
  'revoke all on function registry.require_other_signers() from public',
  'grant execute on function registry.require_other_signers() to registry_svc',
  `create trigger promotion_signers before insert or update on registry.promotion
     for each row execute function registry.require_other_signers()`,
];
