import { type Actor, type JobResult, type JobState, systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { AttemptRecord, JobRecord } from '../jobs/job-record.js';
import { JobStore } from '../jobs/job.store.js';
import { AttemptStore } from './attempt.store.js';

export type AttemptEnd =
  | { readonly kind: 'succeeded'; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'cancelled'; readonly reason: string }
  /** Its worker fell silent or ended without a word: another attempt follows while there is one left. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The platform stopped or was killed under it: another attempt follows, and this one isn't counted against the job. */
  | { readonly kind: 'interrupted'; readonly reason: string };

/** Even interruptions end some time: a job under which the platform falls over again and again must not keep it down. */
const mostEpochs = 100;

/** Ends the live attempt of a job, and decides what becomes of the job. The caller holds the job's row lock. */
@Injectable()
export class EndAttempt {
  constructor(
    private readonly jobs: JobStore,
    private readonly attempts: AttemptStore,
    private readonly audit: AuditClient,
  ) {}

  /** Null when the job has no live attempt (any more). */
  async inTransaction(tx: Tx, actor: Actor, job: JobRecord, end: AttemptEnd): Promise<JobRecord | null> {
    if (job.state !== 'starting' && job.state !== 'running') return null;
    const lost =
      (await this.jobs.attempts(tx, [job.id])).filter(({ state }) => state === 'lost').length +
      (end.kind === 'lost' ? 1 : 0);
    const to = nextState(job, end, lost);
    const moved = await this.jobs.move(tx, job, to, {
      ended: to !== 'queued',
      ...(end.kind === 'succeeded' ? { result: end.result } : {}),
      ...(to === 'failed' ? { error: errorOf(job, end, lost) } : {}),
    });
    if (moved === null) return null;
    const reason = end.kind === 'succeeded' ? null : end.kind === 'failed' ? end.error : end.reason;
    await this.attempts.end(tx, job.id, job.epoch, end.kind, reason);
    const attempt = (await this.jobs.attempts(tx, [job.id])).find(({ epoch }) => epoch === job.epoch);
    await this.audit.record(tx, actor, {
      action: to === 'queued' ? 'runner.job.requeued.v1' : `runner.job.${to}.v1`,
      target: { type: 'runner.job', id: job.id },
      covers: [row('runner.job', job.id), row('runner.attempt', job.id, job.epoch)],
      before: { state: job.state },
      after: {
        state: to,
        epoch: job.epoch,
        attempt: end.kind,
        recipe: job.spec.recipe,
        ...factsOf(attempt),
        ...(end.kind === 'succeeded' ? { result: end.result } : {}),
      },
      ...(reason === null ? {} : { reason }),
      links: linksOf(moved),
    });
    return moved;
  }

  /** The actor of what the platform itself does to a job. */
  static platform(job: Pick<JobRecord, 'workspace' | 'createdBy'>): Actor {
    return { ...systemActor, workspace: job.workspace, onBehalfOf: job.createdBy };
  }
}

/** Ids that belong to a job, for the record: the thread from an alarm to a job to a run is followed by these. */
export function linksOf(job: JobRecord): Record<string, string> {
  const resultIds = Object.entries(job.result ?? {}).filter(
    ([name, value]) =>
      typeof value === 'string' && /^(modelId|evaluationId|windowId|alertId|model|version)$/.test(name),
  );
  return {
    job: job.id,
    ...(job.runId === null ? {} : { run: job.runId }),
    ...(job.triggerId === null || job.eventId === null ? {} : { trigger: job.triggerId, event: job.eventId }),
    ...Object.fromEntries(resultIds.map(([name, value]) => [name, String(value)])),
  };
}

function nextState(job: JobRecord, end: AttemptEnd, lost: number): JobState {
  if (end.kind !== 'lost' && end.kind !== 'interrupted') return end.kind;
  if (job.cancelRequestedAt !== null) return 'cancelled';
  return lost < job.maxAttempts && job.epoch < mostEpochs ? 'queued' : 'failed';
}

function errorOf(job: JobRecord, end: AttemptEnd, lost: number): string {
  if (end.kind === 'failed') return end.error;
  const why = end.kind === 'succeeded' ? 'it ended' : end.reason;
  return lost < job.maxAttempts
    ? `it was interrupted ${job.epoch} times, the last time because ${why}`
    : `${lost} of ${job.maxAttempts} attempts were lost, the last one because ${why}`;
}

/** What the attempt computed on and what it read: part of the record, because it is why a result can be trusted. */
function factsOf(attempt: AttemptRecord | undefined) {
  if (attempt === undefined) return {};
  return { machine: attempt.machine, backend: attempt.backend, dataRead: attempt.dataRead };
}
