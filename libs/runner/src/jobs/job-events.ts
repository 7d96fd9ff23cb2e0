import { setTimeout as delay } from 'node:timers/promises';
import type { Actor, Job } from '@assay/contracts';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { JobsService } from './jobs.service.js';

/** One event of a job's stream; `id` is given where a reader can resume after it. */
export interface JobEvent {
  readonly event: 'log' | 'job' | 'end';
  readonly id?: number;
  readonly data: unknown;
}

const pollMs = 250;
const linesPerLook = 1000;

/** A job's log lines, and the job whenever its state or progress changes, as they come. */
@Injectable()
export class JobEvents implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(private readonly jobs: JobsService) {}

  /** A stream would outlast the server's stop: it ends, and its reader resumes at the next start. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Begins after a position of the log, so that a reader who was cut off gets every line once; ends with the job, or when told to. */
  async *follow(actor: Actor, id: string, after: number, gone: AbortSignal): AsyncGenerator<JobEvent> {
    const stop = AbortSignal.any([gone, this.stopping.signal]);
    let told = '';
    let position = after;
    while (!stop.aborted) {
      // The job first: once it has ended, no line comes after those that are read now.
      const job = await this.jobs.get(actor, id);
      const log = await this.jobs.log(actor, { id, after: position, limit: linesPerLook });
      for (const line of log.lines) yield { event: 'log', id: line.position, data: line };
      position = log.next;
      const now = summary(job);
      if (now !== told) yield { event: 'job', data: job };
      told = now;
      if (job.endedAt !== null && log.lines.length < linesPerLook)
        return yield { event: 'end', data: { state: job.state } };
      if (log.lines.length < linesPerLook) await delay(pollMs, undefined, { signal: stop }).catch(() => undefined); // the reader has gone, or the server stops
    }
  }
}

function summary({ state, progress, epoch, runId }: Job): string {
  return JSON.stringify({ state, progress, epoch, runId });
}
