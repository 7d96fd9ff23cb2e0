import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Evaluations by the bytes that they were made on: what an erasure request asks, whatever name those bytes have. */
export class FindEvaluationsByData1795300396650 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index evaluation_by_data on registry.evaluation (dataset_digest, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index registry.evaluation_by_data');
  }
}
