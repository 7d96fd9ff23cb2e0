import type { JobBackend, JobDataRead, JobProgress, JobResult, RecipeSpec } from '@assay/contracts';
import type { ApiClient } from './api/api-client.js';
import type { TensorFlow } from './tensorflow/load-tensorflow.js';

/** Everything that a recipe may touch: no database, no environment, no clock of its own. */
export interface RecipeContext {
  readonly api: ApiClient;
  readonly jobId: string;
  /** Number of the attempt, from 1. */
  readonly epoch: number;
  /** Run of an earlier attempt of this job, to be continued. */
  readonly runId: string | null;
  /** Aborts when the job is cancelled or the attempt has lost its lease. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Loads TensorFlow on first use, and puts the backend into the job's record. */
  tensorFlow(): Promise<{ tf: TensorFlow; backend: JobBackend }>;
  /** Ties the job to its run, before anything is written to it. */
  bindRun(runId: string): Promise<void>;
  progress(progress: JobProgress): void;
  log(text: string, level?: 'info' | 'warn' | 'error'): void;
  /** Names data that the job has read, with the digest of what it read. */
  dataRead(data: JobDataRead): void;
}

/** A built-in program with a typed, versioned spec. Running it twice for one job has the effects of running it once. */
export interface Recipe<Spec extends RecipeSpec> {
  readonly name: Spec['recipe'];
  readonly version: Spec['version'];
  run(spec: Spec, context: RecipeContext): Promise<JobResult>;
}
