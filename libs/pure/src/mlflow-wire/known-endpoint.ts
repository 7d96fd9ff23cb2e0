import { mlflowEndpoints } from './mlflow-endpoints.js';

let patterns: Map<string, RegExp[]> | null = null;

/** Whether an MLflow server has an endpoint at a path: what this server has not of them it says so, instead of "not found". */
export function isMlflowEndpoint(method: string, path: string): boolean {
  patterns ??= compiled();
  const plain = path.length > 1 ? path.replace(/\/$/, '') : path;
  // `/traces/delete-traces` is that endpoint, never the trace of that name.
  if (mlflowEndpoints.some((endpoint) => endpoint.endsWith(` ${plain}`)))
    return mlflowEndpoints.some((endpoint) => endpoint === `${method} ${plain}`);
  return (patterns.get(method) ?? []).some((pattern) => pattern.test(plain));
}

function compiled(): Map<string, RegExp[]> {
  const byMethod = new Map<string, RegExp[]>();
  for (const endpoint of mlflowEndpoints) {
    const [method = '', path = ''] = endpoint.split(' ');
    const source = path
      .replace(/\/$/, '')
      .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll(/:[A-Za-z]\w*/g, '[^/]+')
      .replaceAll('*', '.+');
    byMethod.set(method, [...(byMethod.get(method) ?? []), new RegExp(`^${source}$`)]);
  }
  return byMethod;
}
