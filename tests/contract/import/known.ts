import { z } from 'zod';

/*
 * Everything that an MLflow client can see of a server, as far as an import promises it: addresses of files, and the times at which this server
 * did its own work, are left out.
 */

const page = z.looseObject({ next_page_token: z.string().optional() });
const list = z.array(z.looseObject({})).default([]);
type Row = Record<string, unknown>;

async function call(url: string, path: string, body?: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await (body === undefined
    ? fetch(`${url}${path}`)
    : fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

export async function knownBy(url: string): Promise<Row> {
  const experiments = await all(url, '/api/2.0/mlflow/experiments/search', 'experiments', {
    max_results: 100,
    view_type: 'ALL',
    order_by: ['experiment_id ASC'],
  });
  const ids = experiments.map(({ experiment_id }) => experiment_id);
  const runs = await all(url, '/api/2.0/mlflow/runs/search', 'runs', {
    experiment_ids: ids,
    run_view_type: 'ALL',
    max_results: 100,
    order_by: ['attributes.run_id ASC'],
  });
  const models = await all(url, '/api/2.0/mlflow/logged-models/search', 'models', { experiment_ids: ids });
  const histories = await Promise.all(runs.map(async (run) => history(url, z.looseObject({}).parse(run))));
  return {
    // Every server makes its own Default.
    experiments: experiments.map((row) =>
      sorted(
        without(row, [
          'artifact_location',
          'workspace',
          'last_update_time',
          ...(row['experiment_id'] === '0' ? ['creation_time'] : []),
        ]),
      ),
    ),
    runs: runs.map((run) => sorted(without({ outputs: {}, ...run }, ['artifact_uri']))),
    histories,
    models: models.map((model) =>
      sorted(without(model, ['artifact_uri', 'last_updated_timestamp_ms', 'registrations'])),
    ),
    registered: await registered(url, ''),
    prompts: await registered(url, "tags.`mlflow.prompt.is_prompt` = 'true'"),
    files: await files(url, runs, models),
  };
}

async function history(url: string, run: Row): Promise<Row> {
  const { info, data } = z
    .looseObject({ info: z.looseObject({ run_id: z.string() }), data: z.looseObject({ metrics: list }) })
    .parse(run);
  const points: Row = {};
  for (const key of data.metrics.map((metric) => metric['key']).toSorted()) {
    const lines: string[] = [];
    for (let token = ''; ;) {
      const query = { run_id: info.run_id, metric_key: String(key), max_results: '20000', page_token: token };
      const answer = page.parse(
        await call(url, `/api/2.0/mlflow/metrics/get-history?${new URLSearchParams(query).toString()}`),
      );
      lines.push(
        ...list.parse(answer['metrics']).map((point) => [point['timestamp'], point['step'], point['value']].join(' ')),
      );
      token = answer.next_page_token ?? '';
      if (token === '') break;
    }
    points[String(key)] = lines;
  }
  return points;
}

/** A stock server's search leaves out a version's aliases and logged model; sources are written anew. */
const notCompared = ['last_updated_timestamp', 'source', 'user_id', 'aliases', 'model_id'];

async function registered(url: string, filter: string): Promise<Row[]> {
  const query = new URLSearchParams({ max_results: '100', filter });
  const { registered_models: models } = z
    .looseObject({ registered_models: list })
    .parse(await call(url, `/api/2.0/mlflow/registered-models/search?${query.toString()}`));
  const rows: Row[] = [];
  for (const model of models) {
    const name = String(model['name']);
    const of = `name = ${name.includes("'") ? `"${name}"` : `'${name}'`}${filter === '' ? '' : ` AND ${filter}`}`;
    const { model_versions: versions } = z
      .looseObject({ model_versions: list })
      .parse(
        await call(
          url,
          `/api/2.0/mlflow/model-versions/search?${new URLSearchParams({ filter: of, order_by: 'version_number ASC' }).toString()}`,
        ),
      );
    rows.push({
      ...sorted({ description: '', ...without(model, ['last_updated_timestamp', 'latest_versions']) }),
      versions: versions.map((version) => sorted(without(version, notCompared))),
    });
  }
  return rows;
}

async function files(url: string, runs: readonly Row[], models: readonly Row[]): Promise<Row> {
  const found: Row = {};
  const named = z.looseObject({
    info: z.looseObject({ run_id: z.string().optional(), model_id: z.string().optional() }),
  });
  for (const owner of [...runs, ...models]) {
    const { run_id: run, model_id: model } = named.parse(owner).info;
    const root = run === undefined ? `logged-models/${model}/artifacts/directories` : 'artifacts/list';
    const walk = async (path: string): Promise<void> => {
      const query = new URLSearchParams(
        run === undefined ? { artifact_directory_path: path } : { run_id: run, path },
      ).toString();
      const answer = z.looseObject({ files: list }).parse(await call(url, `/api/2.0/mlflow/${root}?${query}`));
      for (const file of answer.files) {
        const at = String(file['path']);
        if (file['is_dir'] === true) await walk(at);
        else found[`${run ?? model}/${at}`] = await bytes(url, run, model, at);
      }
    };
    await walk('');
  }
  return found;
}

async function bytes(url: string, run: string | undefined, model: string | undefined, path: string): Promise<string> {
  const where =
    run === undefined
      ? `/ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files?${new URLSearchParams({ artifact_file_path: path }).toString()}`
      : `/get-artifact?${new URLSearchParams({ run_id: run, path }).toString()}`;
  const response = await fetch(`${url}${where}`);
  if (!response.ok) throw new Error(`${where}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer()).toString('base64');
}

async function all(url: string, path: string, name: string, query: object): Promise<Row[]> {
  const rows: Row[] = [];
  for (let token: string | undefined; ;) {
    const answer = page.parse(
      await call(url, path, { ...query, ...(token === undefined ? {} : { page_token: token }) }),
    );
    rows.push(...list.parse(answer[name]));
    token = answer.next_page_token;
    if (token === undefined) return rows;
  }
}

/** A copy without some fields, at any depth. */
function without(value: Row, fields: readonly string[]): Row {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (fields.includes(key) ? undefined : inner)));
}

/** A copy with every list and every object in an order of its own. */
function sorted(value: Row): Row {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => {
    if (Array.isArray(inner)) return inner.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return typeof inner === 'object' && inner !== null
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner;
  });
}
