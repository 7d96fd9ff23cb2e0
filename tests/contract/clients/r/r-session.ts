import { z } from 'zod';

export type Encode = (value: unknown) => unknown;
export interface Exchange {
  readonly call: string;
  readonly status: number;
  readonly answer: unknown;
}

const created = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const experimentMade = z.object({ experiment_id: z.string() });
const time = 1_700_000_123_456;

/**
 * Every request that the R client can make, in one session against a fresh server; `encode` says how its scalars travel.
 * Answers come back with what the server made up (ids, its own times) replaced, so that two sessions can be compared.
 */
export async function rSession(url: string, encode: Encode): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  const ids: string[] = [];

  async function call(method: string, path: string, data: Record<string, unknown>): Promise<unknown> {
    const parameters = encode(data);
    const query =
      method === 'GET' && typeof parameters === 'object' && parameters !== null ? `?${queryOf(parameters)}` : '';
    const response = await fetch(`${url}/api/2.0/mlflow/${path}${query}`, {
      method,
      headers: { 'content-type': 'application/json', 'user-agent': 'mlflow-r-client/2.22.0' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(parameters) }),
    });
    const answer: unknown = JSON.parse(await response.text());
    exchanges.push({ call: `${method} ${path}`, status: response.status, answer: comparable(answer, ids) });
    return answer;
  }
  const post = (path: string, data: Record<string, unknown>): Promise<unknown> => call('POST', path, data);
  const get = (path: string, data: Record<string, unknown>): Promise<unknown> => call('GET', path, data);

  const { experiment_id: experiment } = experimentMade.parse(await post('experiments/create', { name: 'from R' }));
  const { experiment_id: other } = experimentMade.parse(
    await post('experiments/create', { name: 'other', tags: [{ key: 'flag', value: 'TRUE' }] }),
  );
  await get('experiments/get', { experiment_id: experiment });
  await get('experiments/get-by-name', { experiment_name: 'from R' });
  await post('experiments/set-experiment-tag', { experiment_id: experiment, key: 'n', value: '3' });
  await post('experiments/update', { experiment_id: other, new_name: 'renamed' });
  await post('experiments/search', { filter: "name = 'renamed'", view_type: 'ALL', max_results: 10, order_by: [] });
  await post('experiments/search', { view_type: 1, max_results: 1, order_by: ['name ASC'] });
  await post('experiments/delete', { experiment_id: other });
  await post('experiments/restore', { experiment_id: other });

  const run = async (name: string, start: number): Promise<string> => {
    const tags = [{ key: 'mlflow.user', value: 'ada' }];
    const request = { experiment_id: experiment, user_id: 'ada', run_name: name, start_time: start, tags };
    const id = created.parse(await post('runs/create', request)).run.info.run_id;
    ids.push(id);
    return id;
  };
  const first = await run('first', time);
  const second = await run('second', 1_700_000_000_000); // as.character: "1.7e+12"
  const named = { run_uuid: first, run_id: first };
  await post('runs/log-parameter', { ...named, key: 'alpha', value: '0.5' });
  await post('runs/log-metric', { ...named, key: 'rmse', value: 0.5, timestamp: time, step: 3 });
  await post('runs/log-metric', { ...named, key: 'rmse', value: 1 / 8, timestamp: time + 1, step: 100_000 }); // "1e+05"
  await post('runs/log-metric', { ...named, key: 'tiny', value: 1e-20, timestamp: time, step: -4 });
  for (const value of ['NaN', 'Infinity', '-Infinity'])
    await post('runs/log-metric', { ...named, key: value, value, timestamp: time, step: 0 });
  await post('runs/log-batch', {
    run_id: first,
    metrics: [
      { key: 'auc', value: 0.75, step: 1, timestamp: time },
      { key: 'auc', value: 1, step: 2, timestamp: time + 5 },
    ],
    params: [{ key: 'deep', value: 'TRUE' }],
    tags: [{ key: 'tag', value: '1' }],
  });
  await post('runs/set-tag', { ...named, key: 'passing', value: 'x' });
  await post('runs/delete-tag', { run_id: first, key: 'passing' });
  await post('runs/log-model', {
    run_id: first,
    model_json: JSON.stringify({
      artifact_path: 'model',
      flavors: { crate: { version: '0.1.0' } },
      utc_time_created: '24-01-01T00:00:00',
      run_id: 'R',
    }),
  });
  await get('runs/get', named);
  await get('metrics/get-history', { ...named, metric_key: 'rmse' });
  await get('metrics/get-history', { ...named, metric_key: 'auc', max_results: 1 });
  const experiments = [experiment];
  await post('runs/search', {
    experiment_ids: experiments,
    filter: "params.deep = 'TRUE'",
    run_view_type: 'ACTIVE_ONLY',
    order_by: [],
  });
  await post('runs/search', {
    experiment_ids: experiments,
    run_view_type: 3,
    max_results: 1,
    order_by: ['metrics.rmse DESC'],
  });
  await get('artifacts/list', named);
  await post('runs/update', { ...named, status: 'FINISHED', end_time: time + 60_000 });
  await post('runs/delete', { run_id: second });
  await post('runs/search', { experiment_ids: experiments, run_view_type: 'DELETED_ONLY', order_by: [] });
  await post('runs/restore', { run_id: second });

  const model = 'r model';
  const tags = [{ key: 'team', value: 'stats' }];
  await post('registered-models/create', { name: model, tags, description: 'from R' });
  await get('registered-models/get', { name: model });
  for (const version of [1, 2])
    await post('model-versions/create', { name: model, source: `s3://bucket/${version}`, run_id: first, tags });
  await get('model-versions/get', { name: model, version: '1' });
  await call('PATCH', 'model-versions/update', { name: model, version: '1', description: 'one' });
  await post('model-versions/transition-stage', {
    name: model,
    version: '1',
    stage: 'production',
    archive_existing_versions: false,
  });
  await post('model-versions/transition-stage', {
    name: model,
    version: '2',
    stage: 'Production',
    archive_existing_versions: true,
  });
  await post('model-versions/set-tag', { name: model, version: '2', key: 'ok', value: 'TRUE' });
  await call('DELETE', 'model-versions/delete-tag', { name: model, version: '2', key: 'ok' });
  await post('registered-models/set-tag', { name: model, key: 'k', value: '1' });
  await call('DELETE', 'registered-models/delete-tag', { name: model, key: 'k' });
  await get('registered-models/get-latest-versions', { name: model, stages: ['Production'] });
  await get('model-versions/get-download-uri', { name: model, version: '2' });
  await post('registered-models/alias', { name: model, alias: 'champion', version: '2' });
  await get('registered-models/alias', { name: model, alias: 'champion' });
  await call('DELETE', 'registered-models/alias', { name: model, alias: 'champion' });
  await get('registered-models/search', { filter: "name LIKE 'r%'", max_results: 100, order_by: ['name DESC'] });
  await get('model-versions/search', { filter: `name = '${model}'`, max_results: 1 });
  await call('DELETE', 'model-versions/delete', { name: model, version: '1' });
  await post('registered-models/rename', { name: model, new_name: 'r renamed' });
  await call('PATCH', 'registered-models/update', { name: 'r renamed', description: 'x' });
  await call('DELETE', 'registered-models/delete', { name: 'r renamed' });
  return exchanges;
}

function queryOf(parameters: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  return query.toString();
}

const serverTimes = new Set([
  'creation_time',
  'last_update_time',
  'creation_timestamp',
  'last_updated_timestamp',
  'next_page_token',
]);

function comparable(value: unknown, ids: readonly string[]): unknown {
  if (typeof value === 'string') return withoutIds(value, ids);
  if (Array.isArray(value)) return value.map((inner) => comparable(inner, ids));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, serverTimes.has(key) ? typeof inner : comparable(inner, ids)]),
  );
}

function withoutIds(text: string, ids: readonly string[]): string {
  const known = ids.reduce((left, id, place) => left.replaceAll(id, `run ${place + 1}`), text);
  return known.replaceAll(/[0-9a-f]{32}/g, 'an id');
}
