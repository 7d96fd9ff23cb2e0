import { z } from 'zod';
import { recipeNames, recipeSpec } from '../recipes/catalog.js';
import { checkRecipe } from '../recipes/check.js';
import { evaluateRecipe } from '../recipes/evaluate.js';
import { scoreRecipe } from '../recipes/score.js';
import { tabularRecipe } from '../recipes/tabular.js';

export const jobStates = ['queued', 'admitted', 'starting', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];
export const endedJobStates = ['succeeded', 'failed', 'cancelled'] as const satisfies JobState[];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
const jobId = z.string().min(1).max(64).describe('Id of the job');

/** Where and how soon a job runs. */
const scheduling = {
  queue: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes')
    .default('default')
    .describe('Queue'),
  priority: z.int().min(-100).max(100).default(0).describe('Higher goes first'),
  maxAttempts: z
    .int()
    .min(1)
    .max(20)
    .default(5)
    .describe(
      'Attempts before a job whose worker keeps getting lost counts as failed; those that the platform itself interrupted do not count',
    ),
};

/** A recipe's spec with its place in the queue. */
export const submitJobRequest = z
  .discriminatedUnion('recipe', [
    tabularRecipe.extend(scheduling),
    evaluateRecipe.extend(scheduling),
    scoreRecipe.extend(scheduling),
    checkRecipe.extend(scheduling),
  ])
  .meta({ id: 'SubmitJobRequest' });

/** Progress as the worker tells it. */
export const jobProgress = z
  .strictObject({
    stage: z.string().max(100).describe('What the job does now'),
    done: z.number().min(0).describe('Units done, for example epochs'),
    total: z.number().min(0).nullable().describe('Units in all, where known'),
  })
  .meta({ id: 'JobProgress' });

/** What computed, as the worker found it. */
export const jobMachine = z
  .strictObject({
    host: z.string().max(255).describe('Host name'),
    cpu: z.string().max(255).describe('Processor model'),
    cores: z.int().min(1).describe('Logical cores'),
    memoryBytes: z.int().min(0).describe('Memory of the host'),
    gpus: z.array(z.string().max(255)).max(64).describe('Names of the GPUs that the driver reports; empty without one'),
    node: z.string().max(50).describe('Version of Node.js'),
  })
  .meta({ id: 'JobMachine' });

export const jobBackend = z
  .strictObject({
    kind: z.enum(['native', 'portable']).describe('TensorFlow C library, or WebAssembly / JavaScript'),
    name: z.string().max(50).describe('Backend name'),
    version: z.string().max(50).describe('Version of TensorFlow'),
    gpu: z.boolean().describe('Whether TensorFlow computed on a GPU'),
    reason: z.string().max(1000).describe('Why this backend'),
    flags: z.record(z.string(), z.string()).default({}).describe('Settings that change results'),
  })
  .meta({ id: 'JobBackend' });

/** Data that a job has read, with the digest that it computed itself. */
export const jobDataRead = z
  .strictObject({
    kind: z.enum(['dataset', 'model']).describe('What was read'),
    name: z.string().max(500).describe('Its name'),
    version: z.string().max(20).describe('Its version'),
    sha256: sha256.describe('SHA-256 of the content read; of a model: of its manifest of files'),
  })
  .meta({ id: 'JobDataRead' });

export const jobResult = z.record(
  z.string().max(100),
  z.union([z.string().max(2000), z.number(), z.boolean(), z.null()]),
);

export const jobAttempt = z
  .object({
    epoch: z.int().min(1).describe('Number of the attempt; grows with each'),
    state: z
      .enum(['starting', 'running', 'succeeded', 'failed', 'cancelled', 'lost', 'interrupted'])
      .describe('State of the attempt'),
    startedAt: z.iso.datetime().describe('When it was started'),
    endedAt: z.iso.datetime().nullable().describe('When it ended'),
    machine: jobMachine.nullable().describe('Where it ran'),
    backend: jobBackend.nullable().describe('What computed'),
    reason: z.string().nullable().describe('Why it ended, unless it succeeded'),
  })
  .meta({ id: 'JobAttempt' });

export const job = z
  .object({
    id: jobId,
    recipe: z.enum(recipeNames).describe('Recipe'),
    spec: recipeSpec.describe('Inputs and parameters, defaults filled in'),
    specDigest: sha256.describe('SHA-256 of the spec (RFC 8785)'),
    seed: z.int().describe('Seed of everything random'),
    queue: z.string().describe('Queue'),
    priority: z.int().describe('Higher goes first'),
    state: z.enum(jobStates).describe('State'),
    waiting: z.string().nullable().describe('Why it does not run yet, in one sentence'),
    createdAt: z.iso.datetime().describe('When it was asked for'),
    createdBy: z.string().describe('Id of who asked'),
    startedAt: z.iso.datetime().nullable().describe('Start of the first attempt'),
    endedAt: z.iso.datetime().nullable().describe('End'),
    epoch: z.int().describe('Number of the latest attempt, 0 before the first'),
    maxAttempts: z.int().describe('Most attempts'),
    attempts: z.array(jobAttempt).describe('Attempts, first to last'),
    runId: z.string().nullable().describe('Run that the job writes to'),
    progress: jobProgress.nullable().describe('Latest progress'),
    dataRead: z.array(jobDataRead).describe('Data read, with digests'),
    result: jobResult.nullable().describe('What it gave, by name'),
    error: z.string().nullable().describe('Why it failed'),
    trigger: z
      .object({ id: z.string().describe('Trigger.'), eventId: z.string().describe('Audit record that it answered.') })
      .nullable()
      .describe('Trigger and event that asked for it'),
  })
  .meta({ id: 'Job' });

export const jobRequest = z.object({ id: jobId }).meta({ id: 'JobRequest' });
export const jobListRequest = z
  .object({
    state: z.enum(jobStates).optional().describe('Only jobs in this state'),
    limit: z.coerce.number().int().min(1).max(500).default(50).describe('Most jobs answered'),
    before: z.string().max(64).optional().describe('Only jobs asked for before the one with this id'),
  })
  .meta({ id: 'JobListRequest' });
export const jobList = z.object({ jobs: z.array(job).describe('Newest first') }).meta({ id: 'JobList' });

export type SubmitJobRequest = z.infer<typeof submitJobRequest>;
export type Job = z.infer<typeof job>;
export type JobListRequest = z.infer<typeof jobListRequest>;
export type JobProgress = z.infer<typeof jobProgress>;
export type JobMachine = z.infer<typeof jobMachine>;
export type JobBackend = z.infer<typeof jobBackend>;
export type JobDataRead = z.infer<typeof jobDataRead>;
export type JobResult = z.infer<typeof jobResult>;
export type JobAttempt = z.infer<typeof jobAttempt>;
