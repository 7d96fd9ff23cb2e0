import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An upload that was given up keeps its row until the store has let go of its bytes. */
export class DiscardUploads1795300295000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table tracking.multipart_upload add column discarded_ms bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table tracking.multipart_upload drop column discarded_ms');
  }
}
