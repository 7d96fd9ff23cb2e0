import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The job that made a run, one run per job: the only run that its token may write. */
export class TieRunsToJobs1795300220000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table tracking.run add column job_id text');
    await runner.query('create unique index run_of_job on tracking.run (job_id) where job_id is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table tracking.run drop column job_id');
  }
}
