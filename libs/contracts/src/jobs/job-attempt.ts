import { z } from 'zod';
import { recipeSpec } from '../recipes/catalog.js';
import { jobBackend, jobDataRead, jobMachine, jobProgress, jobResult } from './job.js';
import { jobLogLevels } from './job-log.js';

const attempt = {
  id: z.string().min(1).max(64).describe('Id of the job'),
  epoch: z.coerce.number().int().min(1).max(1_000_000).describe('Number of the attempt'),
};

const text = z.string().max(8000);

/** The worker says that it runs, and on what. */
export const startAttemptRequest = z
  .object({ ...attempt, machine: jobMachine.describe('Where it runs') })
  .meta({ id: 'StartAttemptRequest' });

export const startedAttempt = z
  .object({
    spec: recipeSpec.describe('What to do'),
    runId: z.string().nullable().describe('Run to continue, made by an earlier attempt'),
    leaseSeconds: z.number().describe('Silence after which the attempt is lost'),
  })
  .meta({ id: 'StartedAttempt' });

/** Sign of life: keeps the lease, renews the token, carries progress and log lines. */
export const heartbeatRequest = z
  .object({
    ...attempt,
    progress: jobProgress.optional().describe('Latest progress'),
    backend: jobBackend.optional().describe('What computes, once known'),
    dataRead: z.array(jobDataRead).max(100).optional().describe('All data read so far'),
    lines: z
      .array(
        z.strictObject({
          sequence: z.int().min(1).max(999_999_999).describe('Number of the line within the attempt'),
          at: z.iso.datetime().describe('When it was written'),
          level: z.enum(jobLogLevels).describe('Severity'),
          text: text.describe('The line'),
        }),
      )
      .max(1000)
      .default([])
      .describe('Log lines; a line sent twice is kept once'),
  })
  .meta({ id: 'HeartbeatRequest' });

export const heartbeatAnswer = z
  .object({
    token: z.string().describe('Token for the calls that follow'),
    leaseSeconds: z.number().describe('Silence after which the attempt is lost'),
    cancelRequested: z.boolean().describe('true: stop now'),
  })
  .meta({ id: 'HeartbeatAnswer' });

/** Ties the job to its run, once; a later attempt continues it. */
export const bindRunRequest = z
  .object({
    ...attempt,
    runId: z
      .string()
      .regex(/^[A-Za-z0-9][\w-]{0,255}$/)
      .describe('Run'),
  })
  .meta({ id: 'BindRunRequest' });

export const finishAttemptRequest = z
  .object({
    ...attempt,
    outcome: z.enum(['succeeded', 'failed']).describe('How it ended'),
    result: jobResult.optional().describe('What it gave, by name'),
    error: text.optional().describe('Why it failed'),
  })
  .meta({ id: 'FinishAttemptRequest' });

export type StartAttemptRequest = z.infer<typeof startAttemptRequest>;
export type StartedAttempt = z.infer<typeof startedAttempt>;
export type HeartbeatRequest = z.infer<typeof heartbeatRequest>;
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswer>;
export type BindRunRequest = z.infer<typeof bindRunRequest>;
export type FinishAttemptRequest = z.infer<typeof finishAttemptRequest>;
