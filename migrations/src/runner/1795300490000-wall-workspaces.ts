import type { MigrationInterface, QueryRunner } from 'typeorm';
import { filtered, grantRead, rooted, unfiltered, unrooted } from '../declare.js';

/** Jobs and triggers of one workspace are not seen from another. All wait in one queue: a job's place in it counts the others, and names none. */
export class WallWorkspaces1795300490000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...rooted(...tables),
      ...filtered('runner.check_verdict', 'registry_svc'),
      ...filtered('runner.job_origin', 'registry_svc'),
      ...filtered('runner.job_firing', 'registry_svc'),
      ...filtered('runner.job_input', 'registry_svc'),
      queuedJob,
      ...grantRead('runner.queued_job', 'runner_svc'),
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'drop view runner.queued_job',
      ...unfiltered('runner.job_input', 'registry_svc'),
      ...unfiltered('runner.job_firing', 'registry_svc'),
      ...unfiltered('runner.job_origin', 'registry_svc'),
      ...unfiltered('runner.check_verdict', 'registry_svc'),
      ...unrooted(...tables),
    ])
      await runner.query(statement);
  }
}

const queuedJob = `create view runner.queued_job as
  select id, row_number() over (order by priority desc, id) as place,
    (select count(*) from runner.job where state in ('admitted', 'starting', 'running')) as active
  from runner.job where state = 'queued'`;

const tables = ['runner.job', 'runner.trigger'];
