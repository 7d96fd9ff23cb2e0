import { setTimeout as pause } from 'node:timers/promises';
import { Config, ConfigError } from '@assay/platform/config';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LatestCheckpoint } from './latest-checkpoint.js';
import { batchSize, LogDamagedError, Sequencing } from './sequencer.js';
import { SequencerSession } from './sequencing.store.js';

const followerPollMs = 1000;
const retryMs = 1000;

/** Runs the sequencer for as long as the process lives: leads if nobody else does, takes over when the leader ends. */
@Injectable()
export class SequencerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private loop: Promise<void> | null = null;
  private damage: string | null = null;

  constructor(
    @InjectDatabase('audit') private readonly database: Database,
    @Inject(LOG) private readonly log: Logger,
    private readonly config: Config,
    private readonly latest: LatestCheckpoint,
    private readonly sequencing: Sequencing,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  /** Why the log may not be trusted, if it may not: then nothing of it is served. */
  get damaged(): string | null {
    return this.damage;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        await this.lead(() => {
          failures = 0;
        });
      } catch (error) {
        failures += 1;
        this.tell(error, failures);
        await this.sleep(retryMs);
      }
    }
  }

  /** One term: from opening a session to losing it. */
  private async lead(onProgress: () => void): Promise<void> {
    const session = await SequencerSession.open(this.database);
    try {
      const sequencer = await this.sequencing.lead(session);
      this.damage = null;
      if (sequencer === null) {
        await this.latest.refresh();
        onProgress();
        return await this.sleep(followerPollMs);
      }
      await this.latest.refresh();
      onProgress();
      while (!this.stopping.signal.aborted) {
        const batch = await sequencer.sequenceBatch();
        if (batch !== null) this.latest.offer(batch);
        onProgress();
        if ((batch?.records ?? 0) < batchSize) await this.sleep(this.config.audit.batchMs);
      }
    } finally {
      await session.close();
    }
  }

  private tell(error: unknown, failures: number): void {
    if (this.stopping.signal.aborted) return;
    if (error instanceof LogDamagedError || error instanceof ConfigError) {
      if (this.damage !== error.message) this.log.error({ err: error }, 'the audit log is not continued');
      this.damage = error.message;
    } else if (failures === 1 || failures % 60 === 0) {
      // Records wait in the inbox meanwhile: nothing is lost.
      this.log.warn({ err: error, failures }, 'the sequencer of the audit log was interrupted and starts again');
    }
  }

  private async sleep(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
