import type { MigrationInterface, QueryRunner } from 'typeorm';
import { filtered, grantRead, unfiltered } from '../declare.js';

/** What each evaluation was asked to measure, for the registry: a job reports on that and on nothing else. */
export class ShowEvaluationOrders1795300497000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create view runner.evaluation_order as
         select workspace, id as job_id, spec -> 'inputs' as inputs from runner.job where recipe = 'evaluate'`,
      ...grantRead('runner.evaluation_order', 'registry_svc'),
      ...filtered('runner.evaluation_order', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of unfiltered('runner.evaluation_order', 'registry_svc')) await runner.query(statement);
    await runner.query('drop view runner.evaluation_order');
  }
}
