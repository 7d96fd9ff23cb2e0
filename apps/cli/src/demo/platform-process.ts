import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Environment } from '../config.js';
import { CliError } from '../exit-codes.js';

export interface RunningPlatform {
  readonly url: string;
  /** The one-time secret of an installation that has no people yet. */
  readonly setUpSecret: string | null;
  readonly logFile: string;
  readonly pid: number;
  /** Resolves when the platform ends by itself. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

const lock = z.object({ pid: z.number().int(), startTime: z.string().nullable() });

export interface PlatformOptions {
  /** The built entry of the all-in-one platform. */
  readonly main: string;
  readonly dataDir: string;
  readonly environment: Environment;
  /** The process that an earlier demo started here: if a kill left it running, it is stopped first, as it would not share the folder. */
  readonly leftBehind: number | null;
  /** Stops the platform when aborted, also while it starts. */
  readonly stop: AbortSignal;
}

/** Starts the platform on the demo's data folder and waits until it listens. */
export async function startPlatform({
  main,
  dataDir,
  environment,
  leftBehind,
  stop,
}: PlatformOptions): Promise<RunningPlatform> {
  if (!existsSync(main)) throw new CliError(`${main} is not built yet: run "npm run demo", or "npm run build" first.`);
  mkdirSync(dataDir, { recursive: true });
  if (leftBehind !== null) await stopLeftBehind(dataDir, leftBehind);
  // Into a file, not a pipe: the platform must be able to go on logging when the demo is killed.
  const logFile = join(dataDir, 'platform.log');
  const log = openSync(logFile, 'a', 0o600);
  const from = statSync(logFile).size;
  const child = spawn(process.execPath, [main], {
    env: { ...environment, ASSAY_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  stop.addEventListener('abort', () => void stopChild(child, ended));
  const { url, setUpSecret } = await welcome(child, ended, () =>
    lastSentence(readFileSync(logFile).subarray(from).toString('utf8')),
  );
  return { url, setUpSecret, logFile, pid: child.pid ?? 0, ended, stop: async () => stopChild(child, ended) };
}

/** Runs one of the platform's own tools to its end. */
export async function runTool(main: string, args: readonly string[], environment: Environment): Promise<void> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new CliError(lastSentence(said) || `${main} ended with code ${String(code)}.`);
}

/** Reads the lines that the platform prints once it listens. */
async function welcome(
  child: ChildProcess,
  ended: Promise<number | null>,
  lastWords: () => string,
): Promise<{ url: string; setUpSecret: string | null }> {
  if (child.stdout === null) throw new CliError('The platform has no output to read.');
  const lines = createInterface({ input: child.stdout });
  let url: string | null = null;
  const ready = (async () => {
    for await (const line of lines) {
      url ??= /listens on (\S+)/.exec(line)?.[1] ?? null;
      // The sign-in line comes after the address; with it everything needed is known.
      if (url !== null && line.startsWith('Sign in:'))
        return { url, setUpSecret: /--setup (\S+)/.exec(line)?.[1] ?? null };
    }
    return null;
  })();
  const found = await Promise.race([ready, ended.then(() => null)]);
  if (found === null) {
    const code = await ended;
    throw new CliError(lastWords() || `The platform ended at its start (code ${String(code)}).`);
  }
  child.stdout.resume();
  return found;
}

async function stopChild(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
  await ended;
  clearTimeout(timer);
}

async function stopLeftBehind(dataDir: string, started: number): Promise<void> {
  const file = join(dataDir, 'lock.json');
  if (!existsSync(file)) return;
  const held = lock.safeParse(parseJson(readFileSync(file, 'utf8')));
  if (
    !held.success ||
    held.data.pid !== started ||
    startTimeOf(held.data.pid) === null ||
    startTimeOf(held.data.pid) !== held.data.startTime
  )
    return;
  process.kill(held.data.pid, 'SIGTERM');
  for (let tries = 0; tries < 400 && startTimeOf(held.data.pid) === held.data.startTime; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Start of a process in clock ticks, which together with the pid names it for good; null where it is gone or can't be known. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null; // no such process, or no /proc on this system: the platform's own lock decides
  }
}

/** The sentence that the platform ended with, without its log lines. */
function lastSentence(said: string): string {
  const sentences = said.split('\n').filter((line) => line.startsWith('assay: '));
  return sentences.at(-1)?.replace(/^assay: /, '') ?? '';
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null; // half-written by a killed platform: it holds nothing
  }
}
