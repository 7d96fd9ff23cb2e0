import type { Actor, Job } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { JobQueue } from '@assay/platform/queue';
import { Injectable } from '@nestjs/common';
import { linksOf } from '../attempts/end-attempt.js';
import type { JobRecord } from './job-record.js';
import { JobStore } from './job.store.js';
import { JobsService } from './jobs.service.js';

/** Cancels a job: at once where nothing runs yet, else the reconciler ends its worker within seconds. Asking again is no change. */
@Injectable()
export class CancelJob {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly jobs: JobStore,
    private readonly audit: AuditClient,
    private readonly queue: JobQueue,
    private readonly reading: JobsService,
  ) {}

  async execute(actor: Actor, id: string): Promise<Job> {
    return this.database.transaction(async (tx) => this.reading.inTransaction(tx, await this.cancel(tx, actor, id)));
  }

  private async cancel(tx: Tx, actor: Actor, id: string): Promise<JobRecord> {
    const job = await this.jobs.lock(tx, id);
    if (job === null || job.workspace !== actor.workspace)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no job '${id}': "assay jobs list" shows them.`);
    if (job.state === 'succeeded' || job.state === 'failed')
      throw new AppError('RESOURCE_CONFLICT', `Job ${id} has ${job.state} already; there is nothing to cancel.`);
    if (job.state === 'cancelled' || job.cancelRequestedAt !== null) return job;
    await this.jobs.requestCancel(tx, id);
    const waiting = job.state === 'queued' || job.state === 'admitted';
    const after = waiting ? await this.jobs.move(tx, job, 'cancelled', { ended: true }) : await this.jobs.lock(tx, id);
    if (after === null) throw new AppError('RESOURCE_CONFLICT', `Job ${id} has just changed its state; ask again.`);
    await this.audit.record(tx, actor, {
      action: waiting ? 'runner.job.cancelled.v1' : 'runner.job.cancel-requested.v1',
      target: { type: 'runner.job', id },
      covers: [row('runner.job', id)],
      before: { state: job.state },
      after: { state: after.state },
      links: linksOf(job),
    });
    await this.queue.enqueue(tx, 'runner.dispatch', id);
    return after;
  }
}
