import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/** What was brought from another server, under which id it is known there, and the state that it had there when all of it was here. */
export class CreateImports1795300270000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table tracking.imported (
         workspace text not null, origin text not null, kind text not null, source_id text not null, target_id text not null, fingerprint text,
         constraint imported_pk primary key (workspace, origin, kind, source_id),
         constraint imported_kind check (kind in ('experiment', 'run', 'logged_model')))`,
      ...telemetry('tracking.imported'),
      'grant select, insert, update on tracking.imported to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from audit.declared_table where name = 'tracking.imported'`);
    await runner.query('drop table tracking.imported');
  }
}
