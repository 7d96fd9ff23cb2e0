import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registryServer } from './registry-server.js';

const python = process.env.ASSAY_TEST_PYTHON;
const steps = ['experiments', 'runs', 'search', 'artifacts', 'inputs', 'log_model', 'aliases', 'sealing', 'autolog'];

/** The MLflow client from PyPI, unmodified, against the registry service: `mlflow-client/story.py` holds the assertions. */
describe.skipIf(!python)('the MLflow client (needs Python mlflow)', () => {
  const server = registryServer(testDatabase());
  const home = mkdtempSync(join(tmpdir(), 'assay-mlflow-client-'));
  let output = '';

  beforeAll(async () => {
    output = await runStory(python ?? '', server.url, home);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each(steps)('%s', (step) => {
    expect(output.split('\n'), output).toContain(`ok ${step}`);
  });
});

/** Runs the script and answers all that it printed; a failed assertion is part of that. */
function runStory(executable: string, url: string, home: string): Promise<string> {
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
      executable,
      [join(import.meta.dirname, 'mlflow-client', 'story.py')],
      { env: environment, cwd: home, timeout: 500_000, maxBuffer: 32 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve(`${stdout}\n${error === null ? '' : stderr}`);
      },
    );
  });
}
