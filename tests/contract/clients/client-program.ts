import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** Runs a script of the MLflow client against a server and answers all that it printed; a failed assertion is part of that. */
export function runStory(python: string, script: string, url: string, home: string): Promise<string> {
  const environment = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    MLFLOW_TRACKING_URI: url,
    MLFLOW_REGISTRY_URI: url,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    GIT_PYTHON_REFRESH: 'quiet',
    OMP_NUM_THREADS: '1',
    MPLBACKEND: 'Agg',
  };
  return new Promise((resolve) => {
    execFile(
      python,
      [join(import.meta.dirname, script)],
      { env: environment, cwd: home, timeout: 500_000, maxBuffer: 32 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve(`${stdout}\n${error === null ? '' : stderr}`);
      },
    );
  });
}
