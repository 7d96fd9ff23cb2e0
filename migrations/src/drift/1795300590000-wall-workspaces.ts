import type { MigrationInterface, QueryRunner } from 'typeorm';
import { filtered, rooted, unfiltered, unrooted } from '../declare.js';

/** Predictions, monitors and alerts of one workspace are not seen from another. */
export class WallWorkspaces1795300590000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...rooted(...tables),
      ...filtered('drift.monitor_state', 'registry_svc'),
      ...filtered('drift.window_origin', 'registry_svc'),
      ...filtered('drift.alert_origin', 'registry_svc'),
      ...filtered('drift.alert_window', 'registry_svc'),
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...unfiltered('drift.alert_window', 'registry_svc'),
      ...unfiltered('drift.alert_origin', 'registry_svc'),
      ...unfiltered('drift.window_origin', 'registry_svc'),
      ...unfiltered('drift.monitor_state', 'registry_svc'),
      ...unrooted(...tables),
    ])
      await runner.query(statement);
  }
}

const tables = ['drift.prediction_batch', 'drift.prediction', 'drift.monitor', 'drift.alert'];
