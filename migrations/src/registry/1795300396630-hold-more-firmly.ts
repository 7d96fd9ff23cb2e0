import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Legal holds, firmer: a deletion that was under way when a hold was set is over before the hold stands; what only replaces (tags of traces
 * and datasets, spans, assessments, records) is refused as well; the runs of a held model's evaluations are under it; and a refusal says
 * which thing it was about.
 */
export class HoldMoreFirmly1795300396630 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...functions, ...walls.map(wall)]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { table, name } of walls) await runner.query(`drop trigger legal_hold_${name} on ${table}`);
    // The functions stay as they are: those of before answer to the same names and refuse less.
  }
}

/** Shared by whoever deletes or replaces, until its transaction ends; taken alone by whoever sets a hold. */
const gate = `hashtextextended('registry.legal_hold', 0)`;

/** Whether a version was made by the run in \`h.subject_id\`. */
const ofHeldRun = `(v.run_id = h.subject_id or v.owner_kind = 'run' and v.owner_id = h.subject_id)`;

const functions = [
  `create or replace function registry.guard_legal_hold() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if tg_op = 'INSERT' and new.lifted_at is null then
       perform pg_advisory_xact_lock(${gate});
       return new;
     end if;
     if tg_op = 'UPDATE' and old.lifted_at is null
       and exists (select from access.person p where p.id = new.lifted_by and p.disabled_at is null
         and (p.password_given_by is distinct from old.set_by or p.password_given_at <= old.set_at)) then return new; end if;
     raise exception 'a legal hold is set standing, and lifted once, by a person whose password who set it did not give since' using errcode = 'LH002';
   end $$`,
  `create or replace function registry.hold_on(asked_kind text, asked text) returns text
     language sql stable security definer set search_path = pg_catalog as $$
     select h.id from registry.legal_hold h where h.lifted_at is null and case asked_kind
       when 'model' then h.kind = 'model' and h.subject_id = asked
         or h.kind = 'run' and exists (select from registry.model_version v where v.model_id = asked and v.deleted_at is null and ${ofHeldRun})
       when 'version' then h.kind = 'model' and h.subject_id = split_part(asked, ':', 1)
         or h.kind = 'run' and exists (
           select from registry.model_version v where v.model_id = split_part(asked, ':', 1) and v.version = split_part(asked, ':', 2)::bigint and ${ofHeldRun})
       when 'run' then h.kind = 'run' and h.subject_id = asked
         or h.kind = 'model' and exists (
           select from registry.model_version v where v.model_id = h.subject_id and (v.run_id = asked or v.owner_kind = 'run' and v.owner_id = asked))
         or h.kind = 'model' and exists (select from registry.evaluation e where e.model_id = h.subject_id and e.run_id = asked)
       when 'logged_model' then h.kind = 'run' and exists (
           select from tracking.logged_model l where l.model_id = asked and l.source_run_id = h.subject_id)
         or h.kind = 'model' and exists (
           select from registry.model_version v where v.model_id = h.subject_id
             and (v.logged_model_id = asked or v.owner_kind = 'logged_model' and v.owner_id = asked))
       when 'experiment' then exists (
           select from tracking.run r where r.experiment_id = asked::bigint and (h.kind = 'run' and r.run_id = h.subject_id
             or h.kind = 'model' and (r.run_id in (select v.run_id from registry.model_version v where v.model_id = h.subject_id)
               or r.run_id in (select v.owner_id from registry.model_version v where v.model_id = h.subject_id and v.owner_kind = 'run')
               or r.run_id in (select e.run_id from registry.evaluation e where e.model_id = h.subject_id))))
         or exists (
           select from tracking.logged_model l where l.experiment_id = asked::bigint and (h.kind = 'run' and l.source_run_id = h.subject_id
             or h.kind = 'model' and l.model_id in (
               select v.logged_model_id from registry.model_version v where v.model_id = h.subject_id
               union all select v.owner_id from registry.model_version v where v.model_id = h.subject_id and v.owner_kind = 'logged_model')))
       when 'dataset' then h.kind = 'dataset' and h.subject_id = asked
       when 'evaluation_dataset' then h.kind = 'evaluation-dataset' and h.subject_id = asked
       else false end
     order by h.set_at, h.id limit 1
   $$`,
  // What is held is asked for behind the gate, in a statement of its own: so it sees every hold that was set before.
  `create or replace function registry.refuse_held() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     gone jsonb;
     kind text := tg_argv[0];
     subject text;
     hold text;
   begin
     perform pg_advisory_xact_lock_shared(${gate});
     if not exists (select from registry.legal_hold where lifted_at is null) then return coalesce(new, old); end if;
     gone := to_jsonb(old);
     if kind = 'owner' then
       kind := gone ->> 'owner_kind';
       subject := gone ->> 'owner_id';
     elsif kind = 'run_number' then
       kind := 'run';
       subject := (select r.run_id from tracking.run r where r.number = (gone ->> 'run_number')::bigint);
     elsif kind = 'version' then
       subject := (gone ->> 'model_id') || ':' || (gone ->> 'version');
     else
       subject := gone #>> string_to_array(tg_argv[1], '>');
     end if;
     if kind = 'trace' then
       kind := 'run';
       subject := (select t.metadata ->> 'mlflow.sourceRun' from tracking.trace t where t.trace_id = subject);
     end if;
     hold := registry.hold_on(kind, subject);
     if hold is null then return coalesce(new, old); end if;
     raise exception 'The legal hold % covers this: nothing under it is deleted or replaced until somebody lifts it.', hold
       using errcode = 'LH001', hint = hold, detail = kind || ' ' || subject;
   end $$`,
];

interface Wall {
  readonly table: string;
  readonly name: 'delete' | 'change';
  /** What the row belongs to, and the column that names it. */
  readonly of: string;
  readonly on: string;
  readonly when?: string;
}

/** Whether an object of texts lost or replaced something that it held. */
function lost(column: string): string {
  const [before, after] = ['old', 'new'].map((row) => `coalesce(${row}.${column}, '{}'::jsonb)`);
  return `(${after} || ${before}) is distinct from ${after}`;
}

/** Whether a value that was there is another one now. */
const replaced = (column: string): string =>
  `(old.${column} is not null and new.${column} is distinct from old.${column})`;

const assessed = ['name', 'kind', 'value', 'error', 'rationale', 'metadata'];

const walls: readonly Wall[] = [
  {
    // A trace that names another run than before would be under that one.
    table: 'tracking.trace',
    name: 'change',
    of: `'run', 'metadata>mlflow.sourceRun'`,
    on: 'update of tags, metadata, request_preview, response_preview',
    when: `(new.metadata ->> 'mlflow.sourceRun') is distinct from (old.metadata ->> 'mlflow.sourceRun')
      or ${lost('tags')} or ${replaced('request_preview')} or ${replaced('response_preview')}`,
  },
  { table: 'tracking.span', name: 'delete', of: `'trace', 'trace_id'`, on: 'delete' },
  {
    // One that has not ended yet is told of again.
    table: 'tracking.span',
    name: 'change',
    of: `'trace', 'trace_id'`,
    on: 'update',
    when: 'old.end_ns is not null and new is distinct from old',
  },
  { table: 'tracking.trace_link', name: 'delete', of: `'trace', 'trace_id'`, on: 'delete' },
  {
    table: 'tracking.assessment',
    name: 'change',
    of: `'trace', 'trace_id'`,
    on: 'update',
    when: assessed.map((column) => `new.${column} is distinct from old.${column}`).join(' or '),
  },
  {
    table: 'tracking.evaluation_dataset',
    name: 'change',
    of: `'evaluation_dataset', 'dataset_id'`,
    on: 'update of tags',
    when: lost('tags'),
  },
  {
    table: 'tracking.evaluation_record',
    name: 'change',
    of: `'evaluation_dataset', 'dataset_id'`,
    on: 'update',
    when: `${replaced('outputs')} or ${lost('expectations')} or ${lost('tags')}`,
  },
];

function wall({ table, name, of, on, when }: Wall): string {
  return `create trigger legal_hold_${name} before ${on} on ${table} for each row ${when === undefined ? '' : `when (${when})`}
    execute function registry.refuse_held(${of})`;
}
