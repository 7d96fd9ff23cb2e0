import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

interface StockServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A stock MLflow server of the version that we are compatible with, on SQLite in a folder of its own. Call it in a describe. */
export function stockServer(python: string): { readonly url: string } {
  const home = mkdtempSync(join('/var/tmp', 'assay-stock-'));
  let server: StockServer | undefined;
  beforeAll(async () => {
    server = await startStockServer(python, home, join(home, 'mlflow.db'), join(home, 'artifacts'));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  });
  return {
    get url() {
      return server?.url ?? '';
    },
  };
}

/** Starts a stock server on a SQLite file and a folder of artifacts. */
export async function startStockServer(
  python: string,
  home: string,
  database: string,
  artifacts: string,
): Promise<StockServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const stores = ['--backend-store-uri', `sqlite:///${database}`, '--artifacts-destination', artifacts];
  const env = { ...stockEnvironment(home), MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' };
  // A group of its own: its workers end with it.
  const server = spawn(python, ['-m', 'mlflow', 'server', ...options, ...stores], {
    env,
    cwd: home,
    stdio: 'ignore',
    detached: true,
  });
  await answering(url, server);
  return {
    url,
    stop: async () => {
      if (server.pid === undefined || server.exitCode !== null) return;
      const ended = once(server, 'exit');
      process.kill(-server.pid, 'SIGKILL');
      await ended;
    },
  };
}

/** What MLflow's own commands run with. */
export function stockEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, MLFLOW_DISABLE_TELEMETRY: 'true', GIT_PYTHON_REFRESH: 'quiet' };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answering(url: string, server: ChildProcess): Promise<void> {
  const until = Date.now() + 480_000;
  while (Date.now() < until) {
    if (server.exitCode !== null) throw new Error(`the stock MLflow server ended with ${server.exitCode}`);
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(20_000) }).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the stock MLflow server does not answer');
}
