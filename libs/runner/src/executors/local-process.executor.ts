import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Config, writeWorkerEnvironment } from '@assay/platform/config';
import { processAlive, processStartTime } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { AttemptProcess } from '../attempts/attempt.store.js';

export interface WorkerStart {
  readonly jobId: string;
  readonly epoch: number;
  readonly url: string;
  readonly token: string;
}

const graceMs = 2000;
const stderrTail = 2000;
/** The built worker; the same place seen from `src` and from `dist`. */
const workerEntry = fileURLToPath(new URL('../../../../apps/worker/dist/main.js', import.meta.url));

/** Runs attempts as processes of this machine: own process group, own 0700 folder, nothing of our environment. Isolation: process only. */
@Injectable()
export class LocalProcessExecutor {
  readonly host = hostname();
  private readonly children = new Map<string, ChildProcess>();

  constructor(private readonly config: Config) {}

  /** Starts the worker of an attempt. `onExit` is called when it ends while this platform process still lives. */
  start({ jobId, epoch, url, token }: WorkerStart, onExit: () => void): AttemptProcess {
    if (!existsSync(workerEntry)) throw new Error(`the worker is not built (${workerEntry}): run "npm run build"`);
    const folder = this.folder(jobId, epoch);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const output = openSync(join(folder, 'worker.log'), 'a', 0o600);
    const { binding, reason } = this.config.tensorflow;
    const tensorflow = {
      mode: binding === 'off' ? ('portable' as const) : this.config.runner.backend,
      binding: binding === 'off' ? null : binding,
      cacheFolder: join(homedir(), '.cache'),
      reason,
    };
    const child = spawn(process.execPath, ['--disable-warning=DEP0044', workerEntry], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        ...writeWorkerEnvironment({
          url,
          token,
          assignment: { jobId, epoch, leaseSeconds: this.config.runner.leaseSeconds, tensorflow },
        }),
        HOME: folder,
        TMPDIR: folder,
        LANG: 'C.UTF-8',
        PATH: '/usr/bin:/bin',
      },
    });
    closeSync(output);
    if (child.pid === undefined) throw new Error('the operating system refused to start the worker');
    this.children.set(key(jobId, epoch), child);
    child.once('exit', onExit).once('error', onExit);
    child.unref();
    return { host: this.host, pid: child.pid, start: processStartTime(child.pid) };
  }

  /** Whether the process of an attempt still runs here; a later process with the same id does not count. */
  alive(worker: AttemptProcess): boolean {
    return processAlive(worker.pid) && (worker.start === null || processStartTime(worker.pid) === worker.start);
  }

  /** Ends an attempt's whole process group: asked to, then killed. Returns once it is gone. */
  async stop(worker: AttemptProcess): Promise<void> {
    this.signal(worker, 'SIGTERM');
    for (let waited = 0; waited < graceMs && this.alive(worker); waited += 20) await delay(20);
    this.signal(worker, 'SIGKILL');
    while (this.alive(worker)) await delay(10);
  }

  /** How a worker ended: its exit, and the last it wrote. */
  lastWords(jobId: string, epoch: number): string {
    const child = this.children.get(key(jobId, epoch));
    const exit =
      child === undefined
        ? 'it is gone'
        : child.signalCode !== null
          ? `it was ended by ${child.signalCode}`
          : `it ended with code ${String(child.exitCode)}`;
    const file = join(this.folder(jobId, epoch), 'worker.log');
    const words = existsSync(file) ? tailOf(file, stderrTail).trim() : '';
    return words === '' ? exit : `${exit}; its last words: ${words}`;
  }

  /** Removes what an ended attempt left in its folder. */
  clean(jobId: string, epoch: number): void {
    this.children.delete(key(jobId, epoch));
    rmSync(this.folder(jobId, epoch), { recursive: true, force: true });
  }

  /** To the whole group, also when the worker itself has ended: what it started may still run. Never to a later process with the same id. */
  private signal(worker: AttemptProcess, signal: NodeJS.Signals): void {
    if (this.isAnother(worker)) return;
    try {
      process.kill(-worker.pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // ended in this moment
    }
  }

  private isAnother(worker: AttemptProcess): boolean {
    const start = processStartTime(worker.pid);
    return worker.start === null ? !this.alive(worker) : start !== null && start !== worker.start;
  }

  private folder(jobId: string, epoch: number): string {
    return join(this.config.dataDir, 'runner', `${jobId}-${epoch}`);
  }
}

/** The last bytes of a file, however large it is. */
function tailOf(file: string, bytes: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const tail = Buffer.alloc(Math.min(bytes, size));
    return tail.toString('utf8', 0, readSync(descriptor, tail, 0, tail.length, size - tail.length));
  } finally {
    closeSync(descriptor);
  }
}

function key(jobId: string, epoch: number): string {
  return `${jobId}-${epoch}`;
}
