import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who registered an imported version at its origin. Who imported it stays its registrar here. */
export class KeepOriginalUsers1795300360000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table registry.model_version add column user_id text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table registry.model_version drop column user_id');
  }
}
