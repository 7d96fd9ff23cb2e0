import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

/** Which trigger started a job, and on which audit record: for lineage. */
export class ShowJobTriggers1795300430000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'create index job_by_event on runner.job (event_id) where event_id is not null',
      `create view runner.job_firing as
         select j.workspace, j.id as job_id, j.event_id, t.name as trigger from runner.job j join runner.trigger t on t.id = j.trigger_id`,
      ...grantRead('runner.job_firing', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view runner.job_firing');
    await runner.query('drop index runner.job_by_event');
  }
}
