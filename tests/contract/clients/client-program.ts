import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@assay/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registryServer } from '../registry-server.js';

export interface ClientProgram {
  /** What is started, with all of its arguments but the steps. */
  readonly command: readonly [string, ...string[]];
  /** The program takes their names as its last arguments, and prints `ok NAME` after each whose assertions held. */
  readonly steps: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** What it talks to; a registry service of its own unless given. */
  readonly server?: { readonly url: string };
}

/** Runs a program that uses a real client, once; each of its steps is a test. Call it in a describe. */
export function clientProgram({
  command: [program, ...rest],
  steps,
  environment = {},
  server = registryServer(testDatabase()),
}: ClientProgram): void {
  const home = mkdtempSync(join(tmpdir(), 'assay-client-'));
  let output = '';

  beforeAll(async () => {
    output = await run(program, [...rest, ...steps], { ...surroundings(server.url, home), ...environment }, home);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each(steps)('%s', (step) => {
    expect(output.split('\n').includes(`ok ${step}`), output.slice(-6_000)).toBe(true);
  });
}

function surroundings(url: string, home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    TMPDIR: home,
    MLFLOW_TRACKING_URI: url,
    MLFLOW_REGISTRY_URI: url,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: 'true',
    GIT_PYTHON_REFRESH: 'quiet',
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: '1',
    MPLBACKEND: 'Agg',
  };
}

/** All that the program printed; what it said on its error output only where it failed. */
function run(program: string, args: string[], env: Record<string, string>, cwd: string): Promise<string> {
  const limits = { timeout: 1_500_000, maxBuffer: 32 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(program, args, { env, cwd, ...limits }, (error, stdout, stderr) => {
      resolve(`${stdout}\n${error === null ? '' : `${error.message.slice(0, 500)}\n${stderr}`}`);
    });
  });
}
