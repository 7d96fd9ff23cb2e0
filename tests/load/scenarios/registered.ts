import { createHash } from 'node:crypto';
import type { Api } from './api.js';
import type { WireVersion } from './wire.js';

const files = ['MLmodel', 'conda.yaml', 'python_env.yaml', 'requirements.txt', 'model.pkl'];

/** A finished logged model of five small files, as `log_model` leaves it; its id. */
export async function createLoggedModel(api: Api, experimentId: string, name: string): Promise<string> {
  const { model } = await api.post<{ model: { info: { model_id: string; artifact_uri: string } } }>(
    '/api/2.0/mlflow/logged-models',
    { experiment_id: experimentId, name },
  );
  const { model_id: id, artifact_uri: uri } = model.info;
  for (const file of files)
    await api.put(
      `${artifactPath(uri)}/${file}`,
      Buffer.from(
        createHash('sha256')
          .update(name + file)
          .digest('hex'),
      ),
    );
  await api.patch(`/api/2.0/mlflow/logged-models/${id}`, { model_id: id, status: 'LOGGED_MODEL_READY' });
  return id;
}

/** Where the proxy serves what an `mlflow-artifacts:` address names. */
export function artifactPath(uri: string): string {
  const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(uri)?.[1];
  if (path === undefined) throw new Error(`the server keeps artifacts elsewhere: ${uri}`);
  return `/api/2.0/mlflow-artifacts/artifacts/${path}`;
}

export async function createModel(api: Api, name: string): Promise<void> {
  await api.post('/api/2.0/mlflow/registered-models/create', { name });
}

/** Every version of a model, page by page. */
export async function allVersions(api: Api, name: string): Promise<WireVersion[]> {
  const versions: WireVersion[] = [];
  for (let token: string | undefined; ;) {
    const page: { model_versions?: WireVersion[]; next_page_token?: string } = await api.get(
      '/api/2.0/mlflow/model-versions/search',
      { filter: `name='${name}'`, max_results: '1000', ...(token ? { page_token: token } : {}) },
    );
    versions.push(...(page.model_versions ?? []));
    token = page.next_page_token;
    if (!token) return versions;
  }
}

/** Throws unless these are exactly versions 1 to `count` of the model, each of that source and ready. */
export function requireVersions(versions: readonly WireVersion[], name: string, count: number, source: string): void {
  if (versions.length !== count)
    throw new Error(`${count} versions of ${name} were made, ${versions.length} came back`);
  const numbers = new Set(versions.map(({ version }) => Number(version)));
  for (let number = 1; number <= count; number += 1)
    if (!numbers.has(number)) throw new Error(`version ${number} of ${name} is missing`);
  const other = versions.find((each) => each.name !== name || each.source !== source || each.status !== 'READY');
  if (other) throw new Error(`version ${other.version} of ${name} came back as ${JSON.stringify(other)}`);
}
