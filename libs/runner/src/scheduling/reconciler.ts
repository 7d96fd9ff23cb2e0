import { setTimeout as delay } from 'node:timers/promises';
import { JobTokens } from '@assay/platform/auth';
import { Clock, type Database, InjectDatabase } from '@assay/platform/database';
import { ListeningAddress } from '@assay/platform/http';
import { JobQueue } from '@assay/platform/queue';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AttemptStore } from '../attempts/attempt.store.js';
import { issueToken } from '../attempts/issue-token.js';
import { LocalProcessExecutor } from '../executors/local-process.executor.js';
import type { JobRecord } from '../jobs/job-record.js';
import { AdmitJobs } from './admit-jobs.js';
import { WatchAttempts } from './watch-attempts.js';

/** How long a change may wait to be noticed when no message says so. */
const pollMs = 500;

/**
 * Brings what runs in line with what Postgres says, again and again. The queue and ended workers only make it look sooner:
 * without them every job still gets its turn.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private wake = new AbortController();
  private loop: Promise<void> | null = null;
  private failing = false;

  constructor(
    private readonly launch: LaunchWorker,
    private readonly admit: AdmitJobs,
    private readonly watch: WatchAttempts,
    private readonly queue: JobQueue,
    private readonly address: ListeningAddress,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.work('runner.dispatch', () => Promise.resolve(this.poke()));
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.poke();
    await this.loop;
    await this.watch.stopAll();
  }

  /** Looks at once. */
  poke(): void {
    this.wake.abort();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.wake = new AbortController();
      await this.look();
      await delay(pollMs, undefined, { signal: this.wake.signal }).catch(() => undefined); // woken before its time
    }
  }

  private async look(): Promise<void> {
    const { url } = this.address;
    if (url === null) return;
    try {
      await this.watch.execute();
      await this.admit.execute();
      for (const job of await this.admit.admitted()) {
        if (!this.stopping.signal.aborted) await this.launch.execute(job, url, () => this.poke());
      }
      this.failing = false;
    } catch (error) {
      // Said once per outage: the next look tries everything again.
      if (!this.failing && !this.stopping.signal.aborted) this.log.warn({ err: error }, 'jobs cannot be looked after at the moment');
      this.failing = true;
    }
  }
}

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
