import { type Database, databaseToken } from '@assay/platform/database';
import type { INestApplicationContext } from '@nestjs/common';
import { beginAttempt } from '../begin-attempt.js';
import type { Answer, StoryProbe } from './route-caller.js';
import type { Registered } from './story-of-registry.js';
import type { Tracked } from './story-of-tracking.js';

/** Jobs that end well, badly and by being cancelled; the test is their worker. */
export async function storyOfJobs(
  probe: StoryProbe,
  app: INestApplicationContext,
  tracked: Tracked,
  { model, dataset }: Registered,
): Promise<void> {
  const inputs = { dataset: { name: dataset.name, version: dataset.version } };
  const training = {
    recipe: 'tabular',
    inputs,
    params: { experiment: 'credit-risk', target: 'label', positive: 'bad', exclude: ['id'] },
  };
  const submit = (body: object): Promise<Answer> => probe.send({ route: 'POST /api/v1/jobs', as: 'eve', body });

  const waiting = await submit(training);
  await cancel(probe, waiting.id);

  const failing = await submit(training);
  const failed = await workerOf(probe, app, failing.id);
  await start(failed);
  await failed('finish', { outcome: 'failed', error: 'it ran out of data' });

  const unwanted = await submit(training);
  const stopped = await workerOf(probe, app, unwanted.id);
  await start(stopped);
  await cancel(probe, unwanted.id);

  const measuring = await submit({
    recipe: 'evaluate',
    inputs: { ...inputs, model: { name: model, version: '1' }, comparedWith: { name: model, version: '2' } },
    params: { experiment: 'credit-risk' },
  });
  const worker = await workerOf(probe, app, measuring.id);
  await start(worker);
  await worker('run', { runId: tracked.runId });
  await worker('heartbeat', {
    progress: { stage: 'measuring', done: 1, total: 2 },
    backend: { kind: 'portable', name: 'cpu', version: '4', gpu: false, reason: 'no binding' },
    dataRead: [{ kind: 'dataset', name: dataset.name, version: String(dataset.version), sha256: dataset.digest }],
    lines: [{ sequence: 1, at: '2026-01-01T00:00:00Z', level: 'info', text: 'measured' }],
  });
  const report = async (job: string, version: string): Promise<void> => {
    await probe.send({
      route: 'POST /api/v1/evaluations',
      as: `job ${job}`,
      body: evaluationOf({ name: model, version, manifest: await manifestOf(app, model, version) }, dataset),
    });
  };
  for (const version of ['1', '2']) await report(measuring.id, version);
  await worker('finish', { outcome: 'succeeded', result: { modelId: tracked.modelId } });

  const third = await submit({
    recipe: 'evaluate',
    inputs: { ...inputs, model: { name: model, version: '3' } },
    params: { experiment: 'credit-risk' },
  });
  const last = await workerOf(probe, app, third.id);
  await start(last);
  await report(third.id, '3');
  await last('finish', { outcome: 'succeeded', result: { modelId: tracked.modelId } });
}

async function manifestOf(app: INestApplicationContext, model: string, version: string): Promise<string> {
  const database: Database = app.get(databaseToken('registry'));
  const [found]: { digest: string }[] = await database.read((tx) =>
    tx.query(
      `select v.manifest_digest as digest from registry.model_version v join registry.registered_model m on m.id = v.model_id
         where m.name = $1 and v.version = $2`,
      [model, version],
    ),
  );
  return found?.digest ?? 'no such version';
}

type Worker = (what: 'start' | 'run' | 'heartbeat' | 'finish', body: object) => Promise<Answer>;

async function workerOf(probe: StoryProbe, app: INestApplicationContext, id: string): Promise<Worker> {
  const { epoch, token } = await beginAttempt(app, id);
  const name = `job ${id}`;
  probe.signIn(name, token);
  return (what, body) =>
    probe.send({ route: `POST /api/v1/jobs/:id/attempts/:epoch/${what}`, as: name, params: { id, epoch }, body });
}

function start(worker: Worker): Promise<Answer> {
  return worker('start', {
    machine: { host: 'here', cpu: 'a processor', cores: 2, memoryBytes: 1_000_000_000, gpus: [], node: '24' },
  });
}

function cancel(probe: StoryProbe, id: string): Promise<Answer> {
  return probe.send({ route: 'POST /api/v1/jobs/:id/cancel', as: 'eve', params: { id } });
}

function evaluationOf(
  model: { name: string; version: string; manifest: string },
  dataset: Registered['dataset'],
): object {
  return {
    model,
    dataset,
    rows: 150,
    threshold: 0.5,
    metrics: { auc: 0.78, accuracy: 0.75 },
    slices: [],
    calibration: [],
    comparedWith: null,
    scores: { path: `scores/${model.version}.csv`, digest: 'e'.repeat(64), rows: 150 },
  };
}
