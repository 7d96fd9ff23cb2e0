import { acrossWorkspaces, inWorkspace, type Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { type AttemptProcess, AttemptStore } from '../attempts/attempt.store.js';
import { type AttemptEnd, EndAttempt } from '../attempts/end-attempt.js';
import { LocalProcessExecutor } from '../executors/local-process.executor.js';
import type { AttemptRecord, JobRecord } from '../jobs/job-record.js';
import { JobStore } from '../jobs/job.store.js';

/** Looks after attempts that are under way: cancelled ones are ended, silent and vanished ones are given up. */
@Injectable()
export class WatchAttempts {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly jobs: JobStore,
    private readonly attempts: AttemptStore,
    private readonly end: EndAttempt,
    private readonly executor: LocalProcessExecutor,
  ) {}

  /** What the first look finds dead died while no platform looked after it. */
  private firstLook = true;

  async execute(): Promise<void> {
    const kind = this.firstLook ? 'interrupted' : 'lost';
    const expired = new Set(await acrossWorkspaces(() => this.database.read((tx) => this.attempts.expired(tx))));
    for (const { job, attempt } of await this.live()) {
      if (expired.has(job.id)) await this.giveUp(job, attempt, kind, true, 'it gave no sign of life in time');
      else if (job.cancelRequestedAt !== null) await this.cancel(job, attempt);
      else if (this.hasVanished(attempt))
        await this.giveUp(job, attempt, kind, false, this.executor.lastWords(job.id, job.epoch));
    }
    this.firstLook = false;
  }

  /** Ends the workers of this machine because the platform stops; their jobs wait for the next start. */
  async stopAll(): Promise<void> {
    for (const { job, attempt } of await this.live()) {
      if (processOf(attempt)?.host === this.executor.host)
        await this.giveUp(job, attempt, 'interrupted', false, 'the platform was stopped');
    }
  }

  private async cancel(job: JobRecord, attempt: AttemptRecord): Promise<void> {
    const worker = processOf(attempt);
    if (worker !== null && worker.host !== this.executor.host) return; // its own runner, or its next heartbeat, ends it
    if (worker !== null) await this.executor.stop(worker);
    await this.finish(job, { kind: 'cancelled', reason: 'somebody asked for it' }, () => Promise.resolve(true));
  }

  /** The worker goes first, so that two never run for one job. */
  private async giveUp(
    job: JobRecord,
    attempt: AttemptRecord,
    kind: 'lost' | 'interrupted',
    onlyIfExpired: boolean,
    reason: string,
  ): Promise<void> {
    const worker = processOf(attempt);
    if (worker?.host === this.executor.host) await this.executor.stop(worker);
    await this.finish(job, { kind, reason }, (tx) =>
      onlyIfExpired ? this.attempts.hasExpired(tx, job.id, job.epoch) : Promise.resolve(true),
    );
  }

  private async finish(
    { id, epoch, workspace }: JobRecord,
    end: AttemptEnd,
    stillTrue: (tx: Parameters<AttemptStore['hasExpired']>[0]) => Promise<boolean>,
  ): Promise<void> {
    await inWorkspace(workspace, () =>
      this.database.transaction(async (tx) => {
        const job = await this.jobs.lock(tx, id);
        if (job === null || job.epoch !== epoch || !(await stillTrue(tx))) return;
        await this.end.inTransaction(tx, EndAttempt.platform(job), job, end);
      }),
    );
    this.executor.clean(id, epoch);
  }

  private async live(): Promise<{ job: JobRecord; attempt: AttemptRecord }[]> {
    return acrossWorkspaces(() =>
      this.database.read(async (tx) => {
        const jobs = await this.jobs.inStates(tx, ['starting', 'running']);
        const attempts = await this.jobs.attempts(
          tx,
          jobs.map(({ id }) => id),
        );
        return jobs.flatMap((job) =>
          attempts
            .filter(({ jobId, epoch }) => jobId === job.id && epoch === job.epoch)
            .map((attempt) => ({ job, attempt })),
        );
      }),
    );
  }

  private hasVanished(attempt: AttemptRecord): boolean {
    const worker = processOf(attempt);
    return worker?.host === this.executor.host && !this.executor.alive(worker);
  }
}

function processOf({ executorHost, pid, processStart }: AttemptRecord): AttemptProcess | null {
  return executorHost === null || pid === null ? null : { host: executorHost, pid, start: processStart };
}
