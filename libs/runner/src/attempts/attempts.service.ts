import type {
  Actor,
  BindRunRequest,
  FinishAttemptRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
  StartAttemptRequest,
  StartedAttempt,
} from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Config } from '@assay/platform/config';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { JobLogStore } from '../jobs/job-log.store.js';
import type { JobRecord } from '../jobs/job-record.js';
import { JobStore } from '../jobs/job.store.js';
import { AttemptTokens } from './attempt-tokens.js';
import { AttemptStore } from './attempt.store.js';
import { EndAttempt, linksOf } from './end-attempt.js';

/** The stores of a running attempt, together. */
@Injectable()
export class AttemptStores {
  constructor(
    readonly jobs: JobStore,
    readonly attempts: AttemptStore,
    readonly logs: JobLogStore,
    readonly end: EndAttempt,
  ) {}
}

/** What a worker may do: each call is for one attempt, and refused once that attempt no longer holds the job. */
@Injectable()
export class AttemptsService {
  private readonly leaseSeconds: number;

  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly stores: AttemptStores,
    private readonly audit: AuditClient,
    private readonly tokens: AttemptTokens,
    config: Config,
  ) {
    this.leaseSeconds = config.runner.leaseSeconds;
  }

  async start(actor: Actor, { id, epoch, machine }: StartAttemptRequest): Promise<StartedAttempt> {
    return this.database.transaction(async (tx) => {
      const job = await this.live(tx, actor, id, epoch);
      await this.keepLease(tx, job, {});
      if (job.state === 'starting') {
        await this.stores.jobs.move(tx, job, 'running');
        await this.stores.attempts.run(tx, id, epoch, machine);
        await this.audit.record(tx, actor, {
          action: 'runner.job.running.v1',
          target: { type: 'runner.job', id },
          covers: [row('runner.job', id), row('runner.attempt', id, epoch)],
          before: { state: 'starting' },
          after: { state: 'running', epoch, machine },
          links: linksOf(job),
        });
      }
      return { spec: job.spec, runId: job.runId, leaseSeconds: this.leaseSeconds };
    });
  }

  async heartbeat(actor: Actor, request: HeartbeatRequest): Promise<HeartbeatAnswer> {
    const job = await this.database.transaction(async (tx) => {
      const live = await this.live(tx, actor, request.id, request.epoch);
      await this.keepLease(tx, live, request);
      await this.stores.logs.append(tx, live.id, live.epoch, request.lines);
      return live;
    });
    const token = await this.tokens.issue(job);
    return { token, leaseSeconds: this.leaseSeconds, cancelRequested: job.cancelRequestedAt !== null };
  }

  async bindRun(actor: Actor, { id, epoch, runId }: BindRunRequest): Promise<void> {
    await this.database.transaction(async (tx) => {
      const job = await this.live(tx, actor, id, epoch);
      if (job.runId === runId) return;
      if (job.runId !== null)
        throw new AppError('RESOURCE_CONFLICT', `Job ${id} writes to run ${job.runId} already: continue that one.`);
      await this.stores.jobs.bindRun(tx, id, runId);
      await this.audit.record(tx, actor, {
        action: 'runner.job.run-bound.v1',
        target: { type: 'runner.job', id },
        covers: [row('runner.job', id)],
        after: { runId, epoch },
        links: linksOf({ ...job, runId }),
      });
    });
  }

  async finish(actor: Actor, request: FinishAttemptRequest): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { id, epoch, outcome } = request;
      const known = await this.own(tx, actor, id, epoch);
      if (known.epoch === epoch && known.state === outcome) return; // the answer to the first call was lost
      const job = this.requireLive(known, epoch);
      const end =
        outcome === 'succeeded'
          ? { kind: outcome, result: request.result ?? {} }
          : { kind: outcome, error: request.error ?? 'The worker gave no reason.' };
      await this.stores.end.inTransaction(tx, actor, job, end);
    });
  }

  private async keepLease(
    tx: Tx,
    job: JobRecord,
    told: Pick<HeartbeatRequest, 'progress' | 'backend' | 'dataRead'>,
  ): Promise<void> {
    if (!(await this.stores.attempts.renew(tx, job.id, job.epoch, this.leaseSeconds, told)))
      throw lost(job.id, job.epoch);
  }

  private async live(tx: Tx, actor: Actor, id: string, epoch: number): Promise<JobRecord> {
    return this.requireLive(await this.own(tx, actor, id, epoch), epoch);
  }

  private requireLive(job: JobRecord, epoch: number): JobRecord {
    if (job.epoch !== epoch || (job.state !== 'starting' && job.state !== 'running')) throw lost(job.id, epoch);
    return job;
  }

  /** The job under its row lock, if the caller is the worker of exactly this attempt. */
  private async own(tx: Tx, actor: Actor, id: string, epoch: number): Promise<JobRecord> {
    if (actor.job?.jobId !== id || actor.job.epoch !== epoch)
      throw new AppError('PERMISSION_DENIED', 'Only the worker of this attempt may report for it.');
    const job = await this.stores.jobs.lock(tx, id);
    if (job === null || job.workspace !== actor.workspace)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no job '${id}'.`);
    return job;
  }
}

function lost(id: string, epoch: number): AppError {
  return new AppError(
    'RESOURCE_CONFLICT',
    `Attempt ${epoch} of job ${id} does not hold the job any more: the worker must stop.`,
    { jobId: id, epoch },
  );
}
