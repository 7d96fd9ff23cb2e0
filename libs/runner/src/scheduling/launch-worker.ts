import { JobTokens } from '@assay/platform/auth';
import { Clock, type Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { AttemptStore } from '../attempts/attempt.store.js';
import { issueToken } from '../attempts/issue-token.js';
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
    private readonly tokens: JobTokens,
    private readonly clock: Clock,
  ) {}

  /** A platform that dies in here leaves an attempt without a process: its lease runs out, and another attempt follows. */
  async execute(admitted: JobRecord, url: string, onExit: () => void): Promise<void> {
    const job = await this.admit.begin(admitted);
    if (job === null) return;
    const token = await issueToken(this.tokens, job, this.clock.now());
    const worker = this.executor.start({ jobId: job.id, epoch: job.epoch, url, token }, onExit);
    await this.database.transaction((tx) => this.attempts.setProcess(tx, job.id, job.epoch, worker));
  }
}
