import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { FoldMetrics } from './fold-metrics.js';

const idleMs = 5000;
const retryMs = 30_000;
/** Folding waits so many times as long as it worked: it leaves nine tenths of the time to the requests. */
const rest = 9;

/** Folds metric chunks in the background for as long as the process lives, one round at a time. */
@Injectable()
export class FoldingLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(FoldingLoop.name);
  private readonly stopping = new AbortController();
  private loop: Promise<void> | null = null;

  constructor(private readonly folding: FoldMetrics) {}

  onApplicationBootstrap(): void {
    this.loop = this.run();
  }

  /** Ends after the round at hand. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    await this.wait(idleMs);
    while (!this.stopping.signal.aborted) await this.wait(await this.roundOrSay());
  }

  /** Folds, and answers how long to wait then. */
  private async roundOrSay(): Promise<number> {
    const started = performance.now();
    try {
      const { atEnd } = await this.folding.round();
      return atEnd ? idleMs : rest * (performance.now() - started);
    } catch (error) {
      this.logger.warn(`metric chunks could not be folded: ${error instanceof Error ? error.message : String(error)}`);
      return retryMs;
    }
  }

  private async wait(ms: number): Promise<void> {
    await pause(ms, null, { ref: false, signal: this.stopping.signal }).catch(() => null); // the stop ends the wait
  }
}
