import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

/** What each monitor said last, for the registry's gates. A window judged again, on predictions that came late, counts as it was judged last. */
export class ShowMonitorStates1795300510000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create view drift.monitor_state as
         select m.workspace, m.model, m.pointer, m.id as monitor_id, m.name, w.id as window_id, w.to_at as window_to, w.verdict,
           w.predictions_digest, w.judged_at,
           (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'kind', a.kind, 'severity', a.severity) order by a.opened_at, a.id), '[]')
             from drift.alert a where a.monitor_id = m.id and a.state = 'open') as open_alerts
         from drift.monitor m left join lateral (
           select * from drift.judged_window j where j.monitor_id = m.id order by j.to_at desc, j.judged_at desc, j.id desc limit 1) w on true`,
      ...grantRead('drift.monitor_state', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view drift.monitor_state');
  }
}
