import { z } from 'zod';
import {
  type Job,
  type JobAttempt,
  jobBackend,
  jobDataRead,
  jobMachine,
  jobProgress,
  jobResult,
  jobStates,
  recipeSpec,
  type RecipeSpec,
} from '@assay/contracts';

/** A job as the runner's own code sees it, without its attempts. */
export const jobRecord = z.object({
  id: z.string(),
  workspace: z.string(),
  spec: recipeSpec,
  specDigest: z.string(),
  seed: z.coerce.number(),
  queue: z.string(),
  priority: z.coerce.number(),
  maxAttempts: z.coerce.number(),
  state: z.enum(jobStates),
  epoch: z.coerce.number(),
  runId: z.string().nullable(),
  createdAt: z.date(),
  createdBy: z.string(),
  createdByKind: z.enum(['person', 'service', 'job', 'local', 'system']),
  startedAt: z.date().nullable(),
  endedAt: z.date().nullable(),
  cancelRequestedAt: z.date().nullable(),
  result: jobResult.nullable(),
  error: z.string().nullable(),
  triggerId: z.string().nullable(),
  eventId: z.string().nullable(),
});

export type JobRecord = z.infer<typeof jobRecord>;

/** Names of the registered models that a job works on: the one that it is about, and one that it is compared with. */
export function modelsOfSpec({ inputs }: Pick<RecipeSpec, 'inputs'>): string[] {
  const compared = 'comparedWith' in inputs ? inputs.comparedWith : undefined;
  return [...('model' in inputs ? [inputs.model] : []), ...(compared === undefined ? [] : [compared])].map(
    ({ name }) => name,
  );
}

/** An attempt with what it last told of itself. */
export const attemptRecord = z.object({
  jobId: z.string(),
  epoch: z.coerce.number(),
  state: z.enum(['starting', 'running', 'succeeded', 'failed', 'cancelled', 'lost', 'interrupted']),
  startedAt: z.date(),
  endedAt: z.date().nullable(),
  machine: jobMachine.nullable(),
  reason: z.string().nullable(),
  progress: jobProgress.nullable(),
  backend: jobBackend.nullable(),
  dataRead: z.array(jobDataRead),
  executorHost: z.string().nullable(),
  pid: z.coerce.number().nullable(),
  processStart: z.string().nullable(),
});

export type AttemptRecord = z.infer<typeof attemptRecord>;

/** A job as the API answers it. */
export function toJob(job: JobRecord, attempts: readonly AttemptRecord[], waiting: string | null): Job {
  const latest = attempts.at(-1);
  return {
    id: job.id,
    recipe: job.spec.recipe,
    spec: job.spec,
    specDigest: job.specDigest,
    seed: job.seed,
    queue: job.queue,
    priority: job.priority,
    state: job.state,
    waiting,
    createdAt: job.createdAt.toISOString(),
    createdBy: job.createdBy,
    startedAt: job.startedAt?.toISOString() ?? null,
    endedAt: job.endedAt?.toISOString() ?? null,
    epoch: job.epoch,
    maxAttempts: job.maxAttempts,
    attempts: attempts.map(toAttempt),
    runId: job.runId,
    progress: latest?.progress ?? null,
    dataRead: latest?.dataRead ?? [],
    result: job.result,
    error: job.error,
    trigger: job.triggerId === null || job.eventId === null ? null : { id: job.triggerId, eventId: job.eventId },
  };
}

function toAttempt(attempt: AttemptRecord): JobAttempt {
  return {
    epoch: attempt.epoch,
    state: attempt.state,
    startedAt: attempt.startedAt.toISOString(),
    endedAt: attempt.endedAt?.toISOString() ?? null,
    machine: attempt.machine,
    backend: attempt.backend,
    reason: attempt.reason,
  };
}

/** Recipe, version, inputs and parameters out of a larger object such as a submission. */
export function specOf(request: object): RecipeSpec {
  const {
    queue: _queue,
    priority: _priority,
    maxAttempts: _maxAttempts,
    ...spec
  } = { queue: 0, priority: 0, maxAttempts: 0, ...request };
  return recipeSpec.parse(spec);
}
