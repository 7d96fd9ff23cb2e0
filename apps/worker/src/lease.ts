import { setTimeout as delay } from 'node:timers/promises';
import {
  heartbeatAnswer,
  type HeartbeatRequest,
  type JobBackend,
  type JobDataRead,
  type JobProgress,
} from '@assay/contracts';
import { type ApiClient, ApiError } from '@assay/recipes';
import { sendableText } from './sendable-text.js';

type Line = HeartbeatRequest['lines'][number];

/** Why a worker stops before its recipe is done. */
export type StopReason = 'cancelled' | 'lease-lost';

const linesPerBeat = 500;
/** Keeps a beat below the size that the platform takes, whatever the lines hold (six bytes at most for one unit of text). */
const textPerBeat = 100_000;
/** How soon new log lines and progress are told. */
const tellMs = 500;
const retryMs = 200;

/**
 * Keeps the attempt's lease by signs of life that carry progress, log lines and facts, and renew the token. Its own clock ends
 * the worker when no sign came through for the length of a lease: by then the platform may have given the job to another.
 */
export class Lease {
  private readonly told: { progress?: JobProgress; backend?: JobBackend } = {};
  private readonly dataRead: JobDataRead[] = [];
  private lines: Line[] = [];
  private sequence = 0;
  private changed = false;
  private renewedAt = performance.now();
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> = Promise.resolve();
  private ended = false;

  constructor(
    private readonly api: ApiClient,
    private readonly path: string,
    private leaseSeconds: number,
    private readonly hooks: { onToken(token: string): void; onStop(reason: StopReason): void },
  ) {}

  /** Begins to give signs of life, until `end`. */
  begin(leaseSeconds: number): void {
    this.leaseSeconds = leaseSeconds;
    this.renewedAt = performance.now();
    this.schedule();
  }

  log(text: string, level: Line['level']): void {
    this.sequence += 1;
    this.lines.push({ sequence: this.sequence, at: new Date().toISOString(), level, text: sendableText(text, 8000) });
    this.changed = true;
  }

  progress(progress: JobProgress): void {
    this.told.progress = progress;
    this.changed = true;
  }

  backend(backend: JobBackend): void {
    this.told.backend = backend;
    this.changed = true;
  }

  read(data: JobDataRead): void {
    this.dataRead.push(data);
    this.changed = true;
  }

  /** Gives a sign of life now, so that the token says what has just changed. */
  async renew(): Promise<void> {
    await this.inTurn(() => this.beat());
  }

  /** Tells what is left to tell, and stops. */
  async end(): Promise<void> {
    this.ended = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.sending;
    while (this.changed) {
      await this.beat().catch(async (error: unknown) => {
        const refused = error instanceof ApiError && error.status < 500;
        if (refused || performance.now() - this.renewedAt > this.leaseSeconds * 1000) throw error;
        await delay(retryMs);
      });
    }
  }

  private schedule(): void {
    const pause = Math.min(tellMs, (this.leaseSeconds * 1000) / 3);
    this.timer = setTimeout(() => {
      void this.inTurn(() => this.tick()).finally(() => {
        if (!this.ended) this.schedule();
      });
    }, pause);
  }

  /** One sign of life at a time, so that no line is told twice or dropped. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.sending.then(work);
    this.sending = turn.catch(() => undefined); // whoever asked for the turn gets the error
    return turn;
  }

  private async tick(): Promise<void> {
    const silentMs = performance.now() - this.renewedAt;
    if (silentMs > this.leaseSeconds * 1000) return this.hooks.onStop('lease-lost');
    if (!this.changed && silentMs < (this.leaseSeconds * 1000) / 3) return;
    try {
      await this.beat();
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) this.hooks.onStop('lease-lost');
      // Else the platform cannot be reached: tried again until the lease has run out by our own clock.
    }
  }

  /** Lines of one beat: at least one if there is any. */
  private nextLines(): Line[] {
    let length = 0;
    const end = this.lines.findIndex((line, place) => {
      length += line.text.length;
      return place > 0 && (place === linesPerBeat || length > textPerBeat);
    });
    return end === -1 ? [...this.lines] : this.lines.slice(0, end);
  }

  private async beat(): Promise<void> {
    const lines = this.nextLines();
    const sentAt = performance.now();
    this.changed = lines.length < this.lines.length;
    try {
      const answer = await this.api.send(
        'POST',
        `${this.path}/heartbeat`,
        { ...this.told, dataRead: this.dataRead, lines },
        heartbeatAnswer,
      );
      this.lines = this.lines.slice(lines.length);
      this.renewedAt = sentAt;
      this.leaseSeconds = answer.leaseSeconds;
      this.hooks.onToken(answer.token);
      if (answer.cancelRequested) this.hooks.onStop('cancelled');
    } catch (error) {
      this.changed = true;
      throw error;
    }
  }
}
