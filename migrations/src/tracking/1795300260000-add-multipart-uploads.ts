import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantAll, telemetry } from '../declare.js';

/** Files on their way into the store in parts: which file each becomes, and under which key its bytes will lie. Rows live a day. */
export class AddMultipartUploads1795300260000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table tracking.multipart_upload (
         id text not null, owner_kind text not null, owner_id text not null, path text not null,
         blob_key text not null, storage_upload_id text not null, part_count bigint not null,
         created_ms bigint not null, completed_ms bigint,
         constraint multipart_upload_pk primary key (id))`,
      'create index multipart_upload_by_age on tracking.multipart_upload (created_ms)',
      ...telemetry('tracking.multipart_upload'),
      ...grantAll('registry_svc', 'tracking.multipart_upload'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from audit.declared_table where name = 'tracking.multipart_upload'`);
    await runner.query('drop table tracking.multipart_upload');
  }
}
