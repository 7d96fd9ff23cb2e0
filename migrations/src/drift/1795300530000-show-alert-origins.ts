import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

/** Which windows each alert rests on: for lineage. */
export class ShowAlertOrigins1795300530000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'create index judged_window_by_alert on drift.judged_window (alert_id) where alert_id is not null',
      `create view drift.alert_origin as
         select a.workspace, a.id, a.kind, a.severity, a.state, a.opened_at, m.name as monitor, m.model
         from drift.alert a join drift.monitor m on m.id = a.monitor_id`,
      `create view drift.alert_window as
         select a.workspace, w.alert_id, w.id as window_id, a.window_id = w.id as opened
         from drift.judged_window w join drift.alert a on a.id = w.alert_id`,
      ...grantRead('drift.alert_origin', 'registry_svc'),
      ...grantRead('drift.alert_window', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view drift.alert_window, drift.alert_origin');
    await runner.query('drop index drift.judged_window_by_alert');
  }
}
