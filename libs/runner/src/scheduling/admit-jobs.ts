import { AuditClient, row } from '@assay/platform/audit-client';
import { Config } from '@assay/platform/config';
import { acrossWorkspaces, inWorkspace, type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { AttemptStore } from '../attempts/attempt.store.js';
import { EndAttempt, linksOf } from '../attempts/end-attempt.js';
import type { JobRecord } from '../jobs/job-record.js';
import { JobStore } from '../jobs/job.store.js';

/** Hands free slots to waiting jobs, and begins their attempts. Several runners may do so at once: no slot is given twice. */
@Injectable()
export class AdmitJobs {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly jobs: JobStore,
    private readonly attempts: AttemptStore,
    private readonly audit: AuditClient,
    private readonly config: Config,
  ) {}

  /** Queued jobs get the free slots, highest priority first, then oldest. */
  async execute(): Promise<number> {
    return acrossWorkspaces(() =>
      this.database.transaction(async (tx) => {
        await this.jobs.lockSlots(tx);
        const { active, queued } = await this.jobs.countUnfinished(tx);
        const free = this.config.runner.slots - active;
        if (free <= 0 || queued === 0) return 0;
        const chosen = await this.jobs.lockQueued(tx, free);
        for (const job of chosen) await this.admit(tx, job);
        return chosen.length;
      }),
    );
  }

  /** Admitted jobs whose worker is to be started. */
  async admitted(): Promise<JobRecord[]> {
    return acrossWorkspaces(() => this.database.read((tx) => this.jobs.inStates(tx, ['admitted'])));
  }

  /** Opens the next attempt of an admitted job, with its lease; null when somebody else was first or it was cancelled. */
  async begin({ id, workspace }: JobRecord): Promise<JobRecord | null> {
    return inWorkspace(workspace, () =>
      this.database.transaction(async (tx) => {
        const job = await this.jobs.lock(tx, id);
        if (job?.state !== 'admitted') return null;
        const epoch = job.epoch + 1;
        const started = await this.jobs.move(tx, job, 'starting', { epoch, started: true });
        if (started === null) return null;
        await this.attempts.insert(tx, id, epoch, this.config.runner.leaseSeconds);
        await this.audit.record(tx, EndAttempt.platform(job), {
          action: 'runner.job.starting.v1',
          target: { type: 'runner.job', id },
          covers: [row('runner.job', id), row('runner.attempt', id, epoch)],
          before: { state: 'admitted' },
          after: { state: 'starting', epoch },
          links: linksOf(job),
        });
        return started;
      }),
    );
  }

  private async admit(tx: Tx, job: JobRecord): Promise<void> {
    await this.jobs.move(tx, job, 'admitted');
    await this.audit.record(tx, EndAttempt.platform(job), {
      action: 'runner.job.admitted.v1',
      target: { type: 'runner.job', id: job.id },
      covers: [row('runner.job', job.id)],
      before: { state: 'queued' },
      after: { state: 'admitted' },
      links: linksOf(job),
    });
  }
}
