import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever made a service account, or a token of it, is an author of what it trained, registered, asked for or proposed. */
export class BarMakersOfPrograms1795300397200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      authorIds((ids) => `select b.id from access.behind(array(${ids})) as b (id)`),
      promotionAuthors(`
         union
         select b.id from registry.promotion p cross join lateral access.behind(array[p.requested_by]) as b (id) where p.id = asked`),
      `create function registry.require_accepter_apart() returns trigger
         language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
       begin
         if exists (
           select from registry.policy_proposal c cross join lateral access.behind(array[c.proposed_by]) as b (id)
             where c.id = new.proposal_id and b.id = new.actor_id
         ) then
           raise exception 'whoever made the program that proposed a change of a policy may not decide on it' using errcode = 'GV007';
         end if;
         return new;
       end $$`,
      'revoke all on function registry.require_accepter_apart() from public',
      'grant execute on function registry.require_accepter_apart() to registry_svc',
      `create trigger policy_proposal_decision_apart before insert on registry.policy_proposal_decision
         for each row execute function registry.require_accepter_apart()`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger policy_proposal_decision_apart on registry.policy_proposal_decision');
    await runner.query('drop function registry.require_accepter_apart()');
    await runner.query(promotionAuthors(''));
    await runner.query(authorIds((ids) => ids));
  }
}

const traced = [
  'registered_by',
  'run_id',
  'logged_model_id',
  'owner_kind',
  'owner_id',
  'copied_from_model_id',
  'copied_from_version',
];
const of = (version: string): string => traced.map((column) => `${version}.${column}`).join(', ');

function authorIds(answered: (ids: string) => string): string {
  return `create or replace function registry.author_ids(asked_model text, asked_version bigint) returns setof text
     language sql stable security definer set search_path = pg_catalog, pg_temp as $$
     with recursive asked as (
       select ${of('v')} from registry.model_version v where v.model_id = asked_model and v.version = asked_version
       union
       select ${of('o')} from asked a join registry.model_version o on o.model_id = a.copied_from_model_id and o.version = a.copied_from_version
     ), models as (
       select l.model_id, l.source_run_id, l.created_by from asked a join tracking.logged_model l
         on l.model_id in (a.logged_model_id, case when a.owner_kind = 'logged_model' then a.owner_id end)
     ), run_ids as (
       select run_id from asked union select owner_id from asked where owner_kind = 'run' union select source_run_id from models
     )
     ${answered(`select registered_by from asked
     union select created_by from models
     union select r.created_by from run_ids i join tracking.run r on r.run_id = i.run_id
     union select c.actor_id from run_ids i join tracking.contributor c on c.owner_kind = 'run' and c.owner_id = i.run_id
     union select c.actor_id from models m join tracking.contributor c on c.owner_kind = 'logged_model' and c.owner_id = m.model_id`)}
   $$`;
}

function promotionAuthors(more: string): string {
  return `create or replace function registry.promotion_authors(asked text) returns setof text
     language sql stable security definer set search_path = pg_catalog, pg_temp as $$
     select a.id from registry.promotion_move v cross join lateral registry.author_ids(v.model_id, v.version) as a (id)
       where v.promotion_id = asked${more}
   $$`;
}
