import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../apps/assay/dist/main.js');

interface Platform {
  readonly child: ChildProcess;
  /** Its first lines once it listens; rejects with what it said if it ends before. */
  readonly listening: Promise<string>;
  readonly ended: Promise<{ code: number | null; said: string }>;
}

/** The platform as `npm start` runs it, started and stopped in every way that a terminal, a supervisor or an accident can. */
describe('the platform', () => {
  let folder: string;
  const started: Platform[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join('/var/tmp', 'assay-start-'));
  });
  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  function start(port = 0): Platform {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'], ASSAY_DATA_DIR: folder, ASSAY_PORT: String(port), ASSAY_LOG_LEVEL: 'error' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const ended = new Promise<{ code: number | null; said: string }>((done) => {
      child.once('close', (code) => done({ code, said }));
    });
    const listening = new Promise<string>((done, failed) => {
      const take = (chunk: Buffer): void => {
        said += chunk.toString('utf8');
        if (said.includes('MLFLOW_TRACKING_URI')) done(said);
      };
      child.stdout?.on('data', take);
      child.stderr?.on('data', take);
      void ended.then(() => failed(new Error(said)));
    });
    listening.catch(() => undefined); // a test that wants it to fail looks at `ended`
    const platform = { child, listening, ended };
    started.push(platform);
    return platform;
  }

  /** What a stopped platform leaves: no lock, no server. */
  function expectGone(): void {
    expect(readdirSync(folder).filter((name) => /lock|postgres\.json/.test(name))).toEqual([]);
    expect(existsSync(join(folder, 'postgres', 'postmaster.pid'))).toBe(false);
  }

  function urlOf(said: string): string {
    return /http:\/\/[\d.]+:\d+/.exec(said)?.[0] ?? '';
  }

  it('stops at a signal, and finds everything again at the next start', async () => {
    const first = start();
    const url = urlOf(await first.listening);
    const created = await fetch(`${url}/api/2.0/mlflow/experiments/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'kept' }),
    });
    expect(created.status).toBe(200);
    first.child.kill('SIGINT');
    first.child.kill('SIGTERM'); // a terminal and a supervisor at once
    expect(await first.ended).toMatchObject({ code: 0 });
    expectGone();
    const again = urlOf(await start().listening);
    const found = await fetch(`${again}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`);
    expect(found.status).toBe(200);
  });

  it('stops at a signal that comes during its start', async () => {
    const changes = watch(folder);
    const platform = start();
    for await (const { filename } of changes) if (filename === 'postgres.json') break;
    platform.child.kill('SIGTERM');
    expect(await platform.ended).toMatchObject({ code: 0 });
    expectGone();
  });

  it('refuses a taken port and a folder in use in one sentence each, and leaves nothing behind', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, said } = await start(port).ended;
    other.close();
    expect([code, said]).toEqual([
      1,
      `assay: Port ${port} is taken by another program: stop it, or choose another port by ASSAY_PORT.\n`,
    ]);
    expectGone();

    const holder = start();
    const url = urlOf(await holder.listening);
    const second = await start().ended;
    expect(second.code).toBe(1);
    expect(second.said).toMatch(/^assay: The data folder .* is in use by process \d+: .*\n$/);
    expect((await fetch(`${url}/ready`)).status).toBe(200); // the second start did the first one no harm
  });

  it('ends when its Postgres dies, and starts again', async () => {
    const platform = start();
    await platform.listening;
    const { pid }: { pid: number } = JSON.parse(readFileSync(join(folder, 'postgres.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    const { code, said } = await platform.ended;
    expect(code).toBe(70);
    expect(said).toContain('assay: the embedded Postgres ended');
    expect(said).not.toMatch(/UnhandledPromiseRejection|Unhandled 'error' event/);
    expect((await fetch(`${urlOf(await start().listening)}/ready`)).status).toBe(200);
  });
});
