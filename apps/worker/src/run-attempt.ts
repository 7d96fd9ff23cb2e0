import { join } from 'node:path';
import { type JobBackend, startedAttempt } from '@assay/contracts';
import { tensorflowFlags, type WorkerEnvironment } from '@assay/platform/config';
import { ApiClient, findNativeBinding, loadTensorFlow, type RecipeContext, runRecipe } from '@assay/recipes';
import { Lease, type StopReason } from './lease.js';
import { thisMachine } from './machine.js';
import { sendableText } from './sendable-text.js';

/** How an attempt ended, for the process's exit code. */
export type AttemptOutcome = 'succeeded' | 'failed' | StopReason;

/** Runs one attempt of a job: by HTTP and its job token only. */
export async function runAttempt(
  { url, token: firstToken, assignment }: WorkerEnvironment,
  cancelled: AbortSignal,
): Promise<AttemptOutcome> {
  let token = firstToken;
  let runId: string | null = null;
  const stop = new AbortController();
  const path = `/api/v1/jobs/${assignment.jobId}/attempts/${assignment.epoch}`;
  const clientFor = (signal: AbortSignal, retryForMs: number): ApiClient =>
    new ApiClient({ baseUrl: url, token: () => token, signal, retryForMs });
  const api = clientFor(stop.signal, assignment.leaseSeconds * 1000);
  const untied = clientFor(new AbortController().signal, 0);
  const lease = new Lease(clientFor(stop.signal, 0), path, assignment.leaseSeconds, {
    onToken: (renewed) => (token = renewed),
    onStop: (reason) => stop.abort(reason),
  });
  cancelled.addEventListener('abort', () => stop.abort('cancelled'), { once: true });

  const started = await api.send('POST', `${path}/start`, { machine: thisMachine() }, startedAttempt, {
    repeatable: true,
  });
  lease.begin(started.leaseSeconds);
  runId = started.runId;
  const context: RecipeContext = {
    api,
    jobId: assignment.jobId,
    epoch: assignment.epoch,
    runId,
    signal: stop.signal,
    now: () => new Date(),
    tensorFlow: once(async () => {
      const loaded = await loadBackend(assignment.tensorflow);
      lease.backend(loaded.backend);
      lease.log(
        `TensorFlow ${loaded.backend.version}, ${loaded.backend.kind} (${loaded.backend.name}): ${loaded.backend.reason}`,
        'info',
      );
      return loaded;
    }),
    bindRun: async (id) => {
      await api.post(`${path}/run`, { runId: id });
      runId = id;
      await lease.renew(); // the token names the run, and reports of this job are tied to it by that
    },
    progress: (progress) => lease.progress(progress),
    log: (text, level = 'info') => lease.log(text, level),
    dataRead: (data) => lease.read(data),
  };

  try {
    const result = await runRecipe(started.spec, context);
    lease.log('done', 'info');
    await lease.end();
    await api.post(`${path}/finish`, { outcome: 'succeeded', result });
    return 'succeeded';
  } catch (error) {
    const reason = stop.signal.aborted ? stopReason(stop.signal.reason) : null;
    if (reason === 'lease-lost') return reason;
    const message = error instanceof Error ? error.message : String(error);
    if (runId !== null) await endRun(untied, runId, reason === 'cancelled' ? 'KILLED' : 'FAILED');
    if (reason === 'cancelled') return reason;
    lease.log(error instanceof Error ? (error.stack ?? message) : message, 'error');
    await lease.end();
    await api.post(`${path}/finish`, { outcome: 'failed', error: sendableText(message, 8000) });
    return 'failed';
  }
}

async function loadBackend({ mode, binding, cacheFolder, reason }: WorkerEnvironment['assignment']['tensorflow']) {
  const bindingPath = mode === 'portable' ? null : (binding ?? findNativeBinding(join(cacheFolder)));
  const missingReason =
    mode === 'portable'
      ? 'the portable backend is configured'
      : (reason ?? 'there is no native binding: run `npm run setup:tensorflow`');
  const { tf, backend } = await loadTensorFlow({ bindingPath, missingReason });
  if (mode === 'native' && backend.kind !== 'native')
    throw new Error(`ASSAY_RUNNER_BACKEND asks for the native backend, but ${backend.reason}`);
  const { kind, name, version, gpu } = backend;
  const recorded: JobBackend = {
    kind,
    name,
    version,
    gpu,
    reason: backend.reason.slice(0, 1000),
    flags: { ...tensorflowFlags },
  };
  return { tf, backend: recorded };
}

/** The run is told how its job ended; if it can't be, the job's own record still says so. */
async function endRun(api: ApiClient, runId: string, status: 'KILLED' | 'FAILED'): Promise<void> {
  const request = { run_id: runId, status, end_time: Date.now() };
  await api
    .post('/api/2.0/mlflow/runs/update', request)
    .catch((error: unknown) => process.stderr.write(`the run could not be ended: ${String(error)}\n`));
}

function stopReason(reason: unknown): StopReason {
  return reason === 'lease-lost' ? 'lease-lost' : 'cancelled';
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
