import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of creations are found by their age and taken away. */
export class AgeCreationKeys1795300290000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index creation_key_by_age on tracking.creation_key (created_ms)');
    await runner.query('grant delete on tracking.creation_key to registry_svc');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('revoke delete on tracking.creation_key from registry_svc');
    await runner.query('drop index tracking.creation_key_by_age');
  }
}
