import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/**
 * What keeps sealed files as they are beside the code that asks first: their rows can't be changed or deleted by anybody, ranges of large
 * ones are checked block by block, and a copy of a version knows what it is a copy of.
 */
export class GuardSealedFiles1795300396600 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...files, ...blocks, ...copies]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger file_sealed on tracking.file',
      'drop function registry.refuse_sealed_file()',
      'drop table registry.blob_block',
      'alter table registry.model_version drop column copied_from_model_id, drop column copied_from_version',
      "delete from audit.declared_table where name = 'registry.blob_block'",
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const files = [
  `create function registry.refuse_sealed_file() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if exists (select from registry.version_file f where f.blob_key = old.blob_key) then
       raise exception 'a file of a sealed version never changes' using errcode = 'RG002';
     end if;
     return coalesce(new, old);
   end $$`,
  'revoke all on function registry.refuse_sealed_file() from public',
  'grant execute on function registry.refuse_sealed_file() to registry_svc',
  `create trigger file_sealed before update or delete on tracking.file
     for each row execute function registry.refuse_sealed_file()`,
];

/** Sealed files of more than one block. Their digests are made in the background; until then a range is checked by way of the whole file. */
const blocks = [
  `create table registry.blob_block (
     blob_key text not null, size bigint not null, sha256 text not null, digests bytea, tried_at timestamptz,
     constraint blob_block_pk primary key (blob_key))`,
  'create index blob_block_due on registry.blob_block (tried_at nulls first) where digests is null',
  ...telemetry('registry.blob_block'),
  'grant select, insert on registry.blob_block to registry_svc',
  'grant update (digests, tried_at) on registry.blob_block to registry_svc',
  `insert into registry.blob_block (blob_key, size, sha256)
     select distinct blob_key, size, sha256 from registry.version_file where size > 8388608`,
];

const copies = [
  'alter table registry.model_version add column copied_from_model_id text, add column copied_from_version bigint',
  `alter table registry.model_version add constraint model_version_copied_from
     foreign key (copied_from_model_id, copied_from_version) references registry.model_version (model_id, version)`,
  `create index model_version_by_copied_from on registry.model_version (copied_from_model_id, copied_from_version)
     where copied_from_model_id is not null`,
];
