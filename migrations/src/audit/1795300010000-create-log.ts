import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, grantRead, telemetry } from '../declare.js';

/**
 * The Merkle log: leaves exactly as hashed beside their search columns, tiles, and one checkpoint per size (the primary key: two roots are never
 * signed for one size). Nobody may update or delete a leaf; personal values live apart, encrypted, so that erasing one leaves every proof intact.
 */
export class CreateLog1795300010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table audit.leaf (
         index bigint not null, leaf bytea not null, id text not null, recorded_at timestamptz not null, workspace text not null,
         actor_id text not null, actor_kind text not null, on_behalf_of text, action text not null,
         target_type text not null, target_id text not null, target_version text, outcome text not null, request_id text,
         constraint leaf_pk primary key (index),
         constraint leaf_id_unique unique (id),
         constraint leaf_size check (octet_length(leaf) <= 65535))`,
      'create index leaf_recorded_at on audit.leaf (recorded_at, index)',
      'create index leaf_workspace on audit.leaf (workspace, index)',
      'create index leaf_actor on audit.leaf (actor_id, index)',
      'create index leaf_action on audit.leaf (action, index)',
      'create index leaf_target on audit.leaf (target_type, target_id, index)',
      `create table audit.tile (
         level integer not null, index bigint not null, hashes bytea not null,
         constraint tile_pk primary key (level, index),
         constraint tile_width check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0))`,
      `create table audit.checkpoint (
         size bigint not null, root bytea not null, made_at timestamptz not null, note text,
         constraint checkpoint_pk primary key (size),
         constraint checkpoint_root check (octet_length(root) = 32))`,
      `create table audit.signing_key (
         verifier_key text not null, origin text not null, added_at timestamptz not null, retired_at timestamptz,
         constraint signing_key_pk primary key (verifier_key))`,
      `create table audit.subject_key (
         subject text not null, wrapped_key bytea not null, created_at timestamptz not null,
         constraint subject_key_pk primary key (subject))`,
      `create table audit.detail (
         record_id text not null, subject text not null, sealed bytea not null,
         constraint detail_pk primary key (record_id))`,
      'create index detail_subject on audit.detail (subject)',
      'grant select, insert on audit.leaf to audit_svc',
      'grant select, insert, update (hashes) on audit.tile to audit_svc',
      'grant select, insert, update (note) on audit.checkpoint to audit_svc',
      'grant select, insert, update (retired_at) on audit.signing_key to audit_svc',
      'grant select, insert, delete on audit.subject_key to audit_svc',
      'grant select, insert, delete on audit.detail to audit_svc',
      `create view audit.event as
         select index, id, recorded_at, workspace, actor_id, actor_kind, on_behalf_of, action, target_type, target_id, target_version, outcome,
           convert_from(leaf, 'UTF8')::jsonb as body
         from audit.leaf`,
      ...grantRead('audit.event', 'registry_svc', 'runner_svc', 'drift_svc', 'audit_svc'),
      ...governed('audit.signing_key', { key: ['verifier_key'] }),
      ...['audit.leaf', 'audit.tile', 'audit.checkpoint', 'audit.subject_key', 'audit.detail'].flatMap(telemetry),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view audit.event');
    for (const table of ['detail', 'subject_key', 'signing_key', 'checkpoint', 'tile', 'leaf']) {
      await runner.query(`delete from audit.declared_table where name = 'audit.${table}'`);
      await runner.query(`drop table audit.${table}`);
    }
  }
}
