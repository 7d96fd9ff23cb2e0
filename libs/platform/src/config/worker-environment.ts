import { z } from 'zod';

/** What a worker is started with: which attempt it is, and where its tools lie. Everything else comes by the API. */
export const workerAssignment = z.strictObject({
  jobId: z.string(),
  epoch: z.number().int().min(1),
  leaseSeconds: z.number().positive(),
  tensorflow: z.strictObject({
    mode: z.enum(['auto', 'native', 'portable']),
    /** Path of the native binding where it is configured; `null`: look in the cache folder. */
    binding: z.string().nullable(),
    cacheFolder: z.string(),
    /** Why there is no binding, as the set-up wrote it. */
    reason: z.string().nullable(),
  }),
});

export type WorkerAssignment = z.infer<typeof workerAssignment>;

export interface WorkerEnvironment {
  readonly url: string;
  readonly token: string;
  readonly assignment: WorkerAssignment;
}

/** The environment of a worker process; the settings of TensorFlow that change results are fixed here. */
export function writeWorkerEnvironment({ url, token, assignment }: WorkerEnvironment): Record<string, string> {
  return {
    ASSAY_URL: url,
    ASSAY_TOKEN: token,
    ASSAY_WORKER: JSON.stringify(assignment),
    ...tensorflowFlags,
    TF_CPP_MIN_LOG_LEVEL: '2',
  };
}

/** oneDNN's kernels round differently from one processor to another, and are slower on small networks. */
export const tensorflowFlags: Readonly<Record<string, string>> = { TF_ENABLE_ONEDNN_OPTS: '0' };

/** Reads what `writeWorkerEnvironment` wrote, in the worker. */
export function readWorkerEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): WorkerEnvironment {
  const { ASSAY_URL: url, ASSAY_TOKEN: token, ASSAY_WORKER: assignment } = environment;
  if (url === undefined || token === undefined || assignment === undefined)
    throw new Error('A worker is started by the runner, not by hand: use "assay run".');
  return { url, token, assignment: workerAssignment.parse(JSON.parse(assignment)) };
}
