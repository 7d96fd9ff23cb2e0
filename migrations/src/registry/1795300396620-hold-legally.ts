import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/**
 * Legal holds. While one stands the database itself deletes and replaces nothing under its model, run or dataset, whichever route, sweep or
 * statement asks: the triggers are on the rows that every deletion has to change. They cost a row's insert nothing.
 */
export class HoldLegally1795300396620 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...holds, ...covered, ...walls.flatMap(wall)]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      ...walls.flatMap(({ table, events }) => events.map(({ name }) => `drop trigger legal_hold_${name} on ${table}`)),
      'drop table registry.legal_hold',
      'drop function registry.refuse_held(), registry.hold_on(text, text), registry.guard_legal_hold()',
      "delete from audit.declared_table where name = 'registry.legal_hold'",
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const holds = [
  `create table registry.legal_hold (
     id text not null, workspace text not null, kind text not null, subject_id text not null, subject_name text not null, reason text not null,
     set_by text not null, set_at timestamptz not null, lifted_by text, lifted_at timestamptz, lift_reason text,
     constraint legal_hold_pk primary key (id),
     constraint legal_hold_kind check (kind in ('model', 'run', 'dataset', 'evaluation-dataset')),
     constraint legal_hold_lifted check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null)),
     constraint legal_hold_four_eyes check (lifted_by <> set_by))`,
  'create index legal_hold_by_workspace on registry.legal_hold (workspace, id)',
  'create index legal_hold_standing on registry.legal_hold (kind, subject_id) where lifted_at is null',
  ...governed('registry.legal_hold', { key: ['id'] }),
  'grant select, insert on registry.legal_hold to registry_svc',
  'grant update (lifted_by, lifted_at, lift_reason) on registry.legal_hold to registry_svc',
  `create function registry.guard_legal_hold() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if tg_op = 'INSERT' and new.lifted_at is null then return new; end if;
     if tg_op = 'UPDATE' and old.lifted_at is null
       and exists (select from access.person p where p.id = new.lifted_by and p.disabled_at is null) then return new; end if;
     raise exception 'a legal hold is set standing, and lifted once, by a person' using errcode = 'LH002';
   end $$`,
  'revoke all on function registry.guard_legal_hold() from public',
  'grant execute on function registry.guard_legal_hold() to registry_svc',
  `create trigger legal_hold_guard before insert or update on registry.legal_hold
     for each row execute function registry.guard_legal_hold()`,
];

/** Whether a version was made by the run in \`h.subject_id\`. */
const ofHeldRun = `(v.run_id = h.subject_id or v.owner_kind = 'run' and v.owner_id = h.subject_id)`;

/**
 * The id of the oldest standing hold that something is under, or null. Under a model: its versions, and the runs and logged models that
 * they came from. Under a run: its files, tags, logged models, traces and the versions made of them, and the experiment that it lies in.
 */
const covered = [
  `create function registry.hold_on(asked_kind text, asked text) returns text
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
       when 'logged_model' then h.kind = 'run' and exists (
           select from tracking.logged_model l where l.model_id = asked and l.source_run_id = h.subject_id)
         or h.kind = 'model' and exists (
           select from registry.model_version v where v.model_id = h.subject_id
             and (v.logged_model_id = asked or v.owner_kind = 'logged_model' and v.owner_id = asked))
       when 'experiment' then exists (
           select from tracking.run r where r.experiment_id = asked::bigint and (h.kind = 'run' and r.run_id = h.subject_id
             or h.kind = 'model' and r.run_id in (select v.run_id from registry.model_version v where v.model_id = h.subject_id)))
         or h.kind = 'model' and exists (
           select from tracking.logged_model l join registry.model_version v on v.logged_model_id = l.model_id
             where l.experiment_id = asked::bigint and v.model_id = h.subject_id)
       when 'dataset' then h.kind = 'dataset' and h.subject_id = asked
       when 'evaluation_dataset' then h.kind = 'evaluation-dataset' and h.subject_id = asked
       else false end
     order by h.set_at, h.id limit 1
   $$`,
  'revoke all on function registry.hold_on(text, text) from public',
  'grant execute on function registry.hold_on(text, text) to registry_svc',
  // Arguments: what the row belongs to, and the column that names it.
  `create function registry.refuse_held() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   declare
     gone jsonb;
     kind text := tg_argv[0];
     subject text;
     hold text;
   begin
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
       using errcode = 'LH001', hint = hold;
   end $$`,
  'revoke all on function registry.refuse_held() from public',
  'grant execute on function registry.refuse_held() to registry_svc',
];

interface Wall {
  readonly table: string;
  readonly of: string;
  readonly events: readonly { readonly name: 'delete' | 'change'; readonly on: string; readonly when?: string }[];
}

const deleted = { name: 'delete', on: 'delete' } as const;
const tombstoned = {
  name: 'change',
  on: 'update of lifecycle_stage',
  when: `new.lifecycle_stage = 'deleted' and old.lifecycle_stage <> 'deleted'`,
} as const;
const marked = {
  name: 'change',
  on: 'update of deleted_at',
  when: 'new.deleted_at is not null and old.deleted_at is null',
} as const;
const overwritten = { name: 'change', on: 'update of value', when: 'new.value is distinct from old.value' } as const;

const walls: readonly Wall[] = [
  { table: 'registry.registered_model', of: `'model', 'id'`, events: [deleted, marked] },
  { table: 'registry.model_version', of: `'version'`, events: [deleted, marked] },
  { table: 'registry.registered_model_tag', of: `'model', 'model_id'`, events: [deleted, overwritten] },
  { table: 'registry.model_version_tag', of: `'version'`, events: [deleted, overwritten] },
  { table: 'registry.dataset', of: `'dataset', 'id'`, events: [deleted] },
  { table: 'registry.dataset_version', of: `'dataset', 'dataset_id'`, events: [deleted] },
  { table: 'tracking.evaluation_dataset', of: `'evaluation_dataset', 'dataset_id'`, events: [deleted] },
  { table: 'tracking.evaluation_record', of: `'evaluation_dataset', 'dataset_id'`, events: [deleted] },
  { table: 'tracking.experiment', of: `'experiment', 'experiment_id'`, events: [deleted, tombstoned] },
  { table: 'tracking.run', of: `'run', 'run_id'`, events: [deleted, tombstoned] },
  { table: 'tracking.run_tag', of: `'run_number'`, events: [deleted, overwritten] },
  { table: 'tracking.param', of: `'run_number'`, events: [deleted, overwritten] },
  { table: 'tracking.logged_model', of: `'logged_model', 'model_id'`, events: [deleted, tombstoned] },
  { table: 'tracking.logged_model_tag', of: `'logged_model', 'model_id'`, events: [deleted, overwritten] },
  { table: 'tracking.trace', of: `'run', 'metadata>mlflow.sourceRun'`, events: [deleted] },
  { table: 'tracking.assessment', of: `'trace', 'trace_id'`, events: [deleted] },
  {
    table: 'tracking.file',
    of: `'owner'`,
    events: [deleted, { name: 'change', on: 'update', when: 'new.blob_key is distinct from old.blob_key' }],
  },
];

function wall({ table, of, events }: Wall): string[] {
  return events.map(
    ({ name, on, when }) =>
      `create trigger legal_hold_${name} before ${on} on ${table} for each row ${when === undefined ? '' : `when (${when})`}
         execute function registry.refuse_held(${of})`,
  );
}
