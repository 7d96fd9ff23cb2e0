import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

/** Which predictions each judged window is about, what it was compared with and who had it judged: for lineage. */
export class ShowWindowOrigins1795300520000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'create index judged_window_by_judge on drift.judged_window (judged_by)',
      `create view drift.window_origin as
         select m.workspace, m.model, m.pointer, m.id as monitor_id, m.name as monitor, m.reference_name, m.reference_version,
           w.id, w.label, w.from_at, w.to_at, w.rows, w.verdict, w.judged_by, w.judged_at
         from drift.judged_window w join drift.monitor m on m.id = w.monitor_id`,
      ...grantRead('drift.window_origin', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view drift.window_origin');
    await runner.query('drop index drift.judged_window_by_judge');
  }
}
