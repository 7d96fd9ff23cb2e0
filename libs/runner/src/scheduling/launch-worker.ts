import { inWorkspace, type Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { type AttemptProcess, AttemptStore } from '../attempts/attempt.store.js';
import { AttemptTokens } from '../attempts/attempt-tokens.js';
import { EndAttempt } from '../attempts/end-attempt.js';
import { LocalProcessExecutor } from '../executors/local-process.executor.js';
import type { JobRecord } from '../jobs/job-record.js';
import { AdmitJobs } from './admit-jobs.js';

/** Starts the worker of an admitted job. */
@Injectable()
export class LaunchWorker {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly admit: AdmitJobs,
    private readonly attempts: AttemptStore,
    private readonly executor: LocalProcessExecutor,
    private readonly tokens: AttemptTokens,
    private readonly end: EndAttempt,
  ) {}

  /** A platform that dies in here leaves an attempt without a process: its lease runs out, and another attempt follows. */
  async execute(admitted: JobRecord, url: string, onExit: () => void): Promise<void> {
    const job = await this.admit.begin(admitted);
    if (job === null) return;
    const token = await this.tokens.issue(job);
    const worker = this.start(job, url, token, onExit);
    await inWorkspace(job.workspace, () =>
      this.database.transaction(async (tx) => {
        if (!(worker instanceof Error)) return this.attempts.setProcess(tx, job.id, job.epoch, worker);
        await this.end.inTransaction(tx, EndAttempt.platform(job), job, { kind: 'failed', error: worker.message });
      }),
    );
  }

  /** What keeps one worker from starting would keep the next: the job fails and says why. */
  private start(job: JobRecord, url: string, token: string, onExit: () => void): AttemptProcess | Error {
    try {
      return this.executor.start({ jobId: job.id, epoch: job.epoch, url, token }, onExit);
    } catch (error) {
      return new Error(`No worker could be started: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
}
