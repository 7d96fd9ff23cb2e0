import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RecipeContext } from '../recipe.js';
import { anyObject, ignoreExisting } from './api-client.js';
import { artifactPath } from './artifact-path.js';
import type { JobRun } from './job-run.js';

const model = z.looseObject({
  info: z.looseObject({
    model_id: z.string(),
    artifact_uri: z.string(),
    status: z.union([z.string(), z.number()]).optional(),
  }),
});
const modelAnswer = z.looseObject({ model });
const modelsAnswer = z.looseObject({ models: z.array(model).default([]) });
const versionAnswer = z.looseObject({ model_version: z.looseObject({ version: z.string() }) });
const versionsAnswer = z.looseObject({
  model_versions: z.array(z.looseObject({ name: z.string(), version: z.string() })).default([]),
});

export interface ModelFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** Logs a model of the run with its files; an attempt that finds it there, finished, leaves it alone. */
export async function logModel(
  { api }: RecipeContext,
  run: JobRun,
  {
    name,
    params,
    files,
  }: { name: string; params: Readonly<Record<string, string>>; files: (modelId: string) => readonly ModelFile[] },
): Promise<string> {
  const search = { experiment_ids: [run.experimentId], filter: `source_run_id = '${run.runId}'`, max_results: 50 };
  const found = await api.send('POST', '/api/2.0/mlflow/logged-models/search', search, modelsAnswer, {
    repeatable: true,
  });
  const existing = found.models.find(({ info }) => info['name'] === name);
  const request = {
    experiment_id: run.experimentId,
    name,
    model_type: 'tabular-classifier',
    source_run_id: run.runId,
    params: Object.entries(params).map(([key, value]) => ({ key, value })),
  };
  const { info } =
    existing ??
    (await api.send('POST', '/api/2.0/mlflow/logged-models', request, modelAnswer, { key: randomUUID() })).model;
  if (info.status === 'LOGGED_MODEL_READY') return info.model_id;
  await api.send(
    'POST',
    '/api/2.0/mlflow/runs/outputs',
    { run_id: run.runId, models: [{ model_id: info.model_id, step: 0 }] },
    anyObject,
    { repeatable: true },
  );
  for (const file of files(info.model_id))
    await api.upload(artifactPath(info.artifact_uri, file.path), file.bytes, file.type);
  await api.send(
    'PATCH',
    `/api/2.0/mlflow/logged-models/${info.model_id}`,
    { model_id: info.model_id, status: 'LOGGED_MODEL_READY' },
    anyObject,
    { repeatable: true },
  );
  return info.model_id;
}

/** Registers the run's logged model as a version, once per run. */
export async function registerModel(
  { api }: RecipeContext,
  run: JobRun,
  modelId: string,
  name: string,
): Promise<string> {
  await ignoreExisting(
    api.send('POST', '/api/2.0/mlflow/registered-models/create', { name }, anyObject, { repeatable: true }),
  );
  const filter = encodeURIComponent(`run_id = '${run.runId}'`);
  const found = await api.get(`/api/2.0/mlflow/model-versions/search?filter=${filter}&max_results=100`, versionsAnswer);
  const existing = found.model_versions.find((version) => version.name === name);
  if (existing !== undefined) return existing.version;
  const request = { name, source: `models:/${modelId}`, run_id: run.runId, model_id: modelId };
  const key = randomUUID();
  return (await api.send('POST', '/api/2.0/mlflow/model-versions/create', request, versionAnswer, { key }))
    .model_version.version;
}
