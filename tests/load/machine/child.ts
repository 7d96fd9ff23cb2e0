import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

const running = new Set<ChildProcess>();

/** A program that the bench started, in a process group of its own so that stopping it stops its workers too. */
export interface Child {
  readonly pid: number;
  /** Rejects when the program ends; for racing against what is expected of it. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

export function startChild(name: string, file: string, args: readonly string[], env: Record<string, string>): Child {
  const child = spawn(file, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: process.env.HOME ?? '/', ...env },
  });
  running.add(child);
  let said = '';
  const hear = (text: Buffer): void => {
    said = (said + text.toString()).slice(-4096);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const closed = new Promise<void>((done) => {
    const end = (): void => {
      running.delete(child);
      done();
    };
    child.once('close', end);
    child.once('error', end);
  });
  const ended = closed.then(() => {
    throw new Error(`${name} ended (code ${child.exitCode}, signal ${child.signalCode}): ${said.trim()}`);
  });
  ended.catch(() => undefined); // only an unexpected end matters, and then somebody races against it
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      signal(child, 'SIGTERM');
      const late = setTimeout(() => signal(child, 'SIGKILL'), 5_000);
      await closed;
      clearTimeout(late);
      signal(child, 'SIGKILL'); // workers that outlived their parent
    },
  };
}

/** The last resort of a bench that has to end now. */
export function killChildren(): void {
  for (const child of running) signal(child, 'SIGKILL');
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Asks until the server answers 200; how many milliseconds that took. */
export async function untilAnswers(url: string, child: Child, limitMs = 120_000): Promise<number> {
  const began = performance.now();
  const ask = async (): Promise<number> => {
    while (performance.now() - began < limitMs) {
      const answered = await fetch(url).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.ok;
        },
        () => false,
      );
      if (answered) return performance.now() - began;
      await new Promise((next) => setTimeout(next, 5));
    }
    throw new Error(`${url} did not answer in ${limitMs / 1000} s`);
  };
  return Promise.race([ask(), child.ended]);
}
