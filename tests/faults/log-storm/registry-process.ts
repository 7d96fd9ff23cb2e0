import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { killNow, processTree } from '../process-tree.js';

const main = resolve(import.meta.dirname, '../../../apps/registry/dist/main.js');

/** The registry service as a process of its own on a Postgres beside it: killed and started again, always at the same address. */
export class RegistryProcess {
  private child: ChildProcess | null = null;
  private said = '';

  private constructor(
    private readonly databaseUrl: string,
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async at(
    databaseUrl: string,
    folder: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<RegistryProcess> {
    return new RegistryProcess(databaseUrl, folder, await freePort(), settings);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the service and waits until it can answer. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env['PATH'],
        ASSAY_DATABASE_URL: this.databaseUrl,
        ASSAY_DATA_DIR: this.folder,
        ASSAY_PORT: String(this.port),
        ASSAY_LOG_LEVEL: 'error',
        ...this.settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.said = (this.said + text).slice(-8_000)));
    this.child = child;
    while (!(await isReady(this.url))) {
      if (child.exitCode !== null) throw new Error(`the registry service ended with ${child.exitCode}: ${this.said}`);
      await wait(25);
    }
  }

  /** Kills it as a power cut would, and waits for its end. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    killNow(processTree(child.pid ?? 0));
    await ended;
  }

  /** Whether it still runs, for those who killed something else. */
  get running(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The last lines that it wrote. */
  get output(): string {
    return this.said;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // not listening yet
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port was found');
  return address.port;
}
