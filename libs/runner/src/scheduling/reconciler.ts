import { setTimeout as delay } from 'node:timers/promises';
import { Config } from '@assay/platform/config';
import { ListeningAddress } from '@assay/platform/http';
import { JobQueue } from '@assay/platform/queue';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AdmitJobs } from './admit-jobs.js';
import { LaunchWorker } from './launch-worker.js';
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
    private readonly config: Config,
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
    const url = this.config.runner.apiUrl ?? this.address.url;
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
      if (!this.failing && !this.stopping.signal.aborted)
        this.log.warn({ err: error }, 'jobs cannot be looked after at the moment');
      this.failing = true;
    }
  }
}
