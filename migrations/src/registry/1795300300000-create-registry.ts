import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, telemetry } from '../declare.js';

/** Models, sealed versions, pointers with their ledger, and dataset versions. No row is ever deleted, tags aside. */
export class CreateRegistry1795300300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...models, ...versions, ...files, ...pointers, ...datasets]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop table registry.dataset_version, registry.dataset, registry.pointer_move, registry.pointer, registry.version_file',
      'drop table registry.model_version_tag, registry.model_version, registry.registered_model_tag, registry.registered_model',
      'drop function registry.stamp_registration(), registry.require_own_registration()',
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

/** A deleted model keeps its rows and frees its name: a later model of that name is another one, with another id. */
const models = [
  `create table registry.registered_model (
     id text not null, workspace text not null, name text not null, description text, last_version bigint not null,
     created_at timestamptz not null, updated_at timestamptz not null, deleted_at timestamptz,
     constraint registered_model_pk primary key (id))`,
  'create unique index registered_model_name on registry.registered_model (workspace, name) where deleted_at is null',
  `create table registry.registered_model_tag (
     model_id text not null, key text not null, value text not null,
     constraint registered_model_tag_pk primary key (model_id, key),
     constraint registered_model_tag_model foreign key (model_id) references registry.registered_model (id))`,
  ...governed('registry.registered_model', { key: ['id'] }),
  ...governed('registry.registered_model_tag', { key: ['model_id', 'key'] }),
  'grant select, insert on registry.registered_model to registry_svc',
  'grant update (name, description, last_version, updated_at, deleted_at) on registry.registered_model to registry_svc',
  'grant select, insert, update, delete on registry.registered_model_tag to registry_svc',
];

/** What a version is (source, run, owner, manifest) stands in no UPDATE grant: only its stage and its words change. */
const versions = [
  `create table registry.model_version (
     model_id text not null, version bigint not null, kind text not null, stage text not null, description text,
     source text not null, storage_uri text not null, run_id text, run_link text, logged_model_id text,
     owner_kind text, owner_id text, owner_path text, manifest_digest text, file_count bigint not null, total_bytes bigint not null,
     run_seal jsonb, registered_by text not null, registered_tx text,
     created_at timestamptz not null, updated_at timestamptz not null, deleted_at timestamptz,
     constraint model_version_pk primary key (model_id, version),
     constraint model_version_kind check (kind in ('sealed', 'unsealed', 'external')),
     constraint model_version_seal check ((kind = 'sealed') = (manifest_digest is not null)),
     constraint model_version_stage check (stage in ('None', 'Staging', 'Production', 'Archived')),
     constraint model_version_model foreign key (model_id) references registry.registered_model (id))`,
  'create index model_version_by_owner on registry.model_version (owner_kind, owner_id)',
  'create index model_version_by_run on registry.model_version (run_id)',
  'create index model_version_by_logged_model on registry.model_version (logged_model_id)',
  `create table registry.model_version_tag (
     model_id text not null, version bigint not null, key text not null, value text not null,
     constraint model_version_tag_pk primary key (model_id, version, key),
     constraint model_version_tag_version foreign key (model_id, version) references registry.model_version (model_id, version))`,
  ...governed('registry.model_version', { key: ['model_id', 'version'] }),
  ...governed('registry.model_version_tag', { key: ['model_id', 'version', 'key'] }),
  'grant select, insert on registry.model_version to registry_svc',
  'grant update (stage, description, updated_at, deleted_at) on registry.model_version to registry_svc',
  'grant select, insert, update, delete on registry.model_version_tag to registry_svc',
  `create function registry.stamp_registration() returns trigger language plpgsql as $$
   begin
     new.registered_tx := pg_current_xact_id()::text;
     return new;
   end $$`,
  `create trigger model_version_stamp before insert on registry.model_version
     for each row execute function registry.stamp_registration()`,
];

/**
 * The files of a sealed version. Insert only, and only in the transaction that registers the version: its manifest digest, which
 * the audit record carries, answers for all of them, so they need no record row by row.
 */
const files = [
  `create table registry.version_file (
     model_id text not null, version bigint not null, path text not null, blob_key text not null, size bigint not null, sha256 text not null,
     constraint version_file_pk primary key (model_id, version, path),
     constraint version_file_version foreign key (model_id, version) references registry.model_version (model_id, version))`,
  'create index version_file_by_blob on registry.version_file (blob_key)',
  `create function registry.require_own_registration() returns trigger language plpgsql as $$
   begin
     if exists (
       select from (select distinct model_id, version from added) a
         join registry.model_version v on v.model_id = a.model_id and v.version = a.version
         where v.registered_tx is distinct from pg_current_xact_id()::text
     ) then
       raise exception 'a registered version never gets another file' using errcode = 'RG001';
     end if;
     return null;
   end $$`,
  `create trigger version_file_sealed after insert on registry.version_file
     referencing new table as added for each statement execute function registry.require_own_registration()`,
  ...telemetry('registry.version_file'),
  'grant select, insert on registry.version_file to registry_svc',
];

/** A pointer's row stays when it is empty, so that there is always something to lock and compare. */
const pointers = [
  `create table registry.pointer (
     model_id text not null, name text not null, version bigint, sequence bigint not null, moved_at timestamptz not null,
     constraint pointer_pk primary key (model_id, name),
     constraint pointer_model foreign key (model_id) references registry.registered_model (id),
     constraint pointer_version foreign key (model_id, version) references registry.model_version (model_id, version))`,
  `create table registry.pointer_move (
     id text not null, model_id text not null, pointer text not null, sequence bigint not null, from_version bigint, to_version bigint,
     via text not null, actor_id text not null, actor_kind text not null, on_behalf_of text, reason text,
     request_id text, policy_version_id text, evidence jsonb not null, moved_at timestamptz not null,
     constraint pointer_move_pk primary key (id),
     constraint pointer_move_sequence unique (model_id, pointer, sequence),
     constraint pointer_move_via check (via in ('alias', 'stage', 'pointer', 'promotion', 'rollback', 'version-delete', 'model-delete')),
     constraint pointer_move_pointer foreign key (model_id, pointer) references registry.pointer (model_id, name))`,
  'create index pointer_move_by_time on registry.pointer_move (model_id, pointer, moved_at)',
  ...governed('registry.pointer', { key: ['model_id', 'name'] }),
  ...governed('registry.pointer_move', { key: ['id'] }),
  'grant select, insert on registry.pointer, registry.pointer_move to registry_svc',
  'grant update (version, sequence, moved_at) on registry.pointer to registry_svc',
];

/** A dataset version is its content: the same bytes are the same version. */
const datasets = [
  `create table registry.dataset (
     id text not null, workspace text not null, name text not null, last_version bigint not null, created_at timestamptz not null,
     constraint dataset_pk primary key (id), constraint dataset_name unique (workspace, name))`,
  `create table registry.dataset_version (
     dataset_id text not null, version bigint not null, digest text not null, size bigint not null, blob_key text not null,
     row_count bigint not null, profile jsonb not null, roles jsonb not null, created_by text not null, created_at timestamptz not null,
     constraint dataset_version_pk primary key (dataset_id, version),
     constraint dataset_version_digest unique (dataset_id, digest),
     constraint dataset_version_dataset foreign key (dataset_id) references registry.dataset (id))`,
  ...governed('registry.dataset', { key: ['id'] }),
  ...governed('registry.dataset_version', { key: ['dataset_id', 'version'] }),
  'grant select, insert on registry.dataset, registry.dataset_version to registry_svc',
  'grant update (last_version) on registry.dataset to registry_svc',
];
