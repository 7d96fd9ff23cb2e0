import { BrokenStory } from './demo.js';

/** Path of the artifact proxy for a file below an `mlflow-artifacts:` address, as an MLflow client forms it. */
export function artifactUrl(uri: string, file: string): string {
  const found = /^mlflow-artifacts:\/(?:\/[^/]*\/)?(.*)$/.exec(uri);
  if (found?.[1] === undefined) throw new BrokenStory(`${uri} is no address of the artifact proxy.`);
  const path = [...found[1].split('/'), ...file.split('/')].filter(Boolean).map(encodeURIComponent).join('/');
  return `/api/2.0/mlflow-artifacts/artifacts/${path}`;
}
