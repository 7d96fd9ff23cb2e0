import { setTimeout as pause } from 'node:timers/promises';
import { acrossWorkspaces } from '@assay/platform/database';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { FoldMetrics } from '../metric-folding/fold-metrics.js';
import { JoinedWork } from './joined-work.js';
import { PendingValuesStore, type Settled } from './pending-values.store.js';

/** Between a write and its step: what a training loop logs in this time reaches the indexes once. Longer where steps take long, up to a bound. */
const gatherMs = 200;
const mostGatherMs = 2000;
const gatherFactor = 4;
/** Without a write of this process: others may have left something when they died. */
const idleMs = 60_000;
const retryMs = 5000;
/** Pending rows of one step. */
const rowsPerStep = 128;
/** Sets of experiments that searches settle at once: each takes a connection. */
const settlingAtOnce = 2;
/** Pending values of this process beyond which writes wait for a step: they bound how long a search may have to wait for its own. */
const mostPending = 200_000;

/**
 * Keeps `metric_latest`, which searches filter and order by, behind what was logged by no more than a moment. Writes leave their values in
 * `metric_pending` (`RunWritesStore`); a step moves the newest of each metric. A loop does so a moment after a write. A search that needs a
 * metric and finds something pending in its experiments does so itself first, so that it sees all that was acknowledged before it began.
 */
@Injectable()
export class LatestValues implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LatestValues.name);
  private readonly stopping = new AbortController();
  private readonly settling = new JoinedWork(settlingAtOnce);
  private loop: Promise<void> | null = null;
  /** Values that this process has written and the loop has not seen gone. */
  private pending = 0;
  private step = Promise.withResolvers<void>();
  private wake = (): void => undefined;

  constructor(
    private readonly store: PendingValuesStore,
    private readonly folding: FoldMetrics,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = acrossWorkspaces(() => this.run());
  }

  /** Ends after the step at hand. What is pending stays so until somebody else moves it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    this.endStep();
    await this.loop;
  }

  /** Told of pending values once they are committed. */
  added(values: number): void {
    this.pending += values;
    this.wake();
  }

  /** Ends at once, or after the next step where too much is pending. */
  async room(): Promise<void> {
    const stepping = this.loop !== null && !this.stopping.signal.aborted;
    if (stepping && this.pending > mostPending) await this.step.promise;
  }

  /** Moves all that was pending in some experiments when this was called; what is written meanwhile may stay. */
  async settle(experimentIds: readonly string[]): Promise<void> {
    await this.settling.join(experimentIds.join(), () => this.settleNow(experimentIds));
  }

  private async settleNow(experimentIds: readonly string[]): Promise<void> {
    const upToId = await this.store.newestId();
    for (;;) {
      const settled = await this.store.settleExperiments(experimentIds, upToId, rowsPerStep);
      this.noteFoldable(settled);
      if (settled.rows < rowsPerStep) return;
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const started = performance.now();
      if (!(await this.settleOrSay())) await this.wait(retryMs);
      else {
        const took = performance.now() - started;
        if (this.pending === 0) await this.nextWrite();
        await this.gather(Math.min(mostGatherMs, Math.max(gatherMs, gatherFactor * took)));
      }
    }
  }

  private async settleOrSay(): Promise<boolean> {
    try {
      for (;;) {
        const before = this.pending;
        const settled = await this.store.settleSome(rowsPerStep);
        this.noteFoldable(settled);
        const last = settled.rows < rowsPerStep;
        // Behind the last row, all that was pending before is gone, whoever moved it.
        this.pending = Math.max(0, this.pending - (last ? before : settled.values));
        if (last || this.stopping.signal.aborted) return true;
        this.endStep();
      }
    } catch (error) {
      this.logger.warn(`latest values could not be moved: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    } finally {
      this.endStep();
    }
  }

  private endStep(): void {
    this.step.resolve();
    this.step = Promise.withResolvers();
  }

  private nextWrite(): Promise<void> {
    return this.until(idleMs, () => this.pending > 0);
  }

  /** Less long where too much is pending. */
  private gather(ms: number): Promise<void> {
    return this.until(ms, () => this.pending > mostPending);
  }

  /** Ends after a time, and before it once a write makes something true. */
  private until(ms: number, isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.wake = () => {
        if (!isTrue() && !this.stopping.signal.aborted) return;
        clearTimeout(timer);
        resolve();
      };
      this.wake();
    });
  }

  private noteFoldable({ runs }: Settled): void {
    this.folding.consider(runs);
  }

  private async wait(ms: number): Promise<void> {
    await pause(ms, null, { ref: false, signal: this.stopping.signal }).catch(() => null); // the stop ends the wait
  }
}
