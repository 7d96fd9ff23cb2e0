import type { Answer, Call, StoryProbe } from './route-caller.js';

export interface Tracked {
  readonly experiment: string;
  readonly runId: string;
  /** Logged model of the run, with its files. */
  readonly modelId: string;
}

type MlflowRoute = Call['route'] extends `${infer Verb} /${string}` ? Verb : never;

/** Eve tracks a run with everything that belongs to it, and throws some of it away again. */
export async function storyOfTracking(probe: StoryProbe): Promise<Tracked> {
  const mlflow = (
    verb: MlflowRoute,
    path: string,
    body: object | undefined,
    params: Call['params'] = {},
  ): Promise<Answer> =>
    probe.send({ route: `${verb} /api/2.0/mlflow/${path}`, as: 'eve', params, ...(body ? { body } : {}) });
  const post = (path: string, body: object): Promise<Answer> => mlflow('POST', path, body);
  const tags = [{ key: 'team', value: 'risk' }];

  const { experiment_id: experiment } = await post('experiments/create', { name: 'credit', tags });
  await post('experiments/set-experiment-tag', { experiment_id: experiment, key: 'stage', value: 'pilot' });
  await post('experiments/delete-experiment-tag', { experiment_id: experiment, key: 'stage' });
  await post('experiments/update', { experiment_id: experiment, new_name: 'credit-risk' });
  await post('experiments/delete', { experiment_id: experiment });
  await post('experiments/restore', { experiment_id: experiment });
  await post('experiments/search', { max_results: 10 });

  const { run } = await probe.send({
    route: 'POST /api/2.0/mlflow/runs/create',
    as: 'eve',
    body: { experiment_id: experiment, start_time: 1, run_name: 'first', tags },
    key: 'the-first-run',
  });
  const runId: string = run.info.run_id;
  const at = { timestamp: 1, step: 0 };
  await post('runs/log-batch', {
    run_id: runId,
    metrics: [{ key: 'loss', value: 1, ...at }],
    params: [{ key: 'seed', value: '7' }],
    tags,
  });
  await post('runs/log-metric', { run_id: runId, key: 'auc', value: 0.8, ...at });
  await post('runs/log-parameter', { run_id: runId, key: 'l2', value: '0.1' });
  await post('runs/set-tag', { run_id: runId, key: 'kept', value: 'yes' });
  await post('runs/set-tag', { run_id: runId, key: 'dropped', value: 'yes' });
  // A run's tags are telemetry, so one goes without a record as well: each phase has its own.
  await probe.send((phase) => ({
    route: 'POST /api/2.0/mlflow/runs/delete-tag',
    as: 'eve',
    body: { run_id: runId, key: phase },
  }));
  const dataset = { name: 'applicants', digest: 'd1', source_type: 'local', source: 'applicants.csv' };
  await post('runs/log-inputs', {
    run_id: runId,
    datasets: [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'training' }] }],
  });
  await post('runs/log-model', {
    run_id: runId,
    model_json: JSON.stringify({
      artifact_path: 'model',
      utc_time_created: '2026-01-01 00:00:00',
      flavors: {},
      run_id: runId,
    }),
  });
  await post('runs/search', { experiment_ids: [experiment] });
  await post('experiments/search-datasets', { experiment_ids: [experiment] });
  await probe.send({ route: 'POST /graphql', as: 'eve', body: { query: '{ test(inputString: "a") { output } }' } });
  await probe.send({
    route: 'POST /api/2.0/mlflow/runs/create-promptlab-run',
    as: 'eve',
    body: {
      experiment_id: experiment,
      prompt_template: 'Say {{ word }}',
      prompt_parameters: [{ key: 'word', value: 'hello' }],
      model_route: 'chat',
      model_input: 'Say hello',
      mlflow_version: '3.17.2',
    },
    key: 'the-first-trial',
  });

  const artifact = (verb: 'PUT' | 'DELETE', path: string, body?: string): Promise<Answer> =>
    probe.send({
      route: `${verb} /api/2.0/mlflow-artifacts/artifacts/*`,
      as: 'eve',
      params: { path: `${experiment}/${runId}/artifacts/${path}` },
      ...(body === undefined ? {} : { body }),
    });
  await artifact('PUT', 'model/model.json', '{"layers": []}');
  await artifact('PUT', 'model/weights.bin', 'weights');
  await artifact('PUT', 'notes.txt', 'to be thrown away');
  await artifact('DELETE', 'notes.txt');
  await probe.send({
    route: 'POST /api/2.0/mlflow/upload-artifact',
    as: 'eve',
    query: { run_uuid: runId, path: 'page/note.txt' },
    body: 'from the page',
  });

  const modelId = await storyOfLoggedModels(probe, mlflow, experiment, runId);
  await post('runs/outputs', { run_id: runId, models: [{ model_id: modelId, step: 0 }] });
  await post('runs/update', { run_id: runId, status: 'FINISHED', end_time: 2, run_name: 'the first' });
  await post('runs/delete', { run_id: runId });
  await post('runs/restore', { run_id: runId });
  return { experiment, runId, modelId };
}

type Mlflow = (verb: MlflowRoute, path: string, body: object | undefined, params?: Call['params']) => Promise<Answer>;

async function storyOfLoggedModels(
  probe: StoryProbe,
  mlflow: Mlflow,
  experiment: string,
  runId: string,
): Promise<string> {
  const make = async (name: string): Promise<string> => {
    const { model } = await mlflow('POST', 'logged-models', {
      experiment_id: experiment,
      name,
      source_run_id: runId,
      tags: [{ key: 'kind', value: 'tabular' }],
    });
    return model.info.model_id;
  };
  const modelId = await make('model');
  await mlflow(
    'POST',
    'logged-models/:model_id/params',
    { params: [{ key: 'hidden', value: '8' }] },
    { model_id: modelId },
  );
  await mlflow(
    'PATCH',
    'logged-models/:model_id/tags',
    { tags: ['kept', 'dropped'].map((key) => ({ key, value: 'v' })) },
    { model_id: modelId },
  );
  await probe.send((phase) => ({
    route: 'DELETE /api/2.0/mlflow/logged-models/:model_id/tags/:tag_key',
    as: 'eve',
    params: { model_id: modelId, tag_key: phase },
  }));
  await mlflow('PATCH', 'logged-models/:model_id', { status: 'LOGGED_MODEL_READY' }, { model_id: modelId });
  await mlflow('POST', 'logged-models/search', { experiment_ids: [experiment] });
  const unwanted = await make('unwanted');
  await mlflow('DELETE', 'logged-models/:model_id', undefined, { model_id: unwanted });
  return modelId;
}
