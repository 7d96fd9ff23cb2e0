import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { cutOff } from './cut-off.js';

/** What a script must answer. */
export const verdict = z.object({ passed: z.boolean(), reason: z.string().trim().min(1).max(2000) });
/** A verdict, and whether the script that gave it had a network. */
export type Verdict = z.infer<typeof verdict> & { readonly network: 'none' | 'open' };

export interface ScriptOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Each line that the script writes to its output. */
  readonly log: (line: string) => void;
}

const harness = `import { readFileSync, writeSync } from 'node:fs';
const input = JSON.parse(readFileSync(new URL('./input.json', import.meta.url), 'utf8'));
const { check } = await import('./script.mjs');
if (typeof check !== 'function') throw new TypeError('the script exports no function check');
writeSync(3, JSON.stringify((await check(input)) ?? null));
`;
const mostOutput = 64 * 1024;

/**
 * Runs a script in a process of its own: without our environment and so without the job's token, able to read its own folder and to write
 * nothing, with bounded memory and time, and where the machine allows it without a network (`cutOff`). Where it does not, a script can pass on
 * what it is given, and the verdict says so.
 * @throws {Error} when it fails, takes too long, or answers anything but a verdict.
 */
export async function runScript(script: Uint8Array, input: object, options: ScriptOptions): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-check-'));
  try {
    await writeFile(join(folder, 'script.mjs'), script, { mode: 0o600 });
    await writeFile(join(folder, 'input.json'), JSON.stringify(input), { mode: 0o600 });
    await writeFile(join(folder, 'harness.mjs'), harness, { mode: 0o600 });
    const before = await cutOff();
    const said = await runProcess(folder, before ?? [], options);
    return { ...readVerdict(said), network: before === null ? 'open' : 'none' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runProcess(
  folder: string,
  before: readonly string[],
  { timeoutMs, signal, log }: ScriptOptions,
): Promise<string> {
  const [program = process.execPath, ...more] = [...before, process.execPath];
  const child = spawn(
    program,
    [...more, '--permission', `--allow-fs-read=${folder}`, '--max-old-space-size=512', join(folder, 'harness.mjs')],
    {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      signal,
    },
  );
  const [, stdout, stderr, answer] = child.stdio;
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killed) => resolve({ code, signal: killed }));
  });
  if (stdout === null || stderr === null || !(answer instanceof Readable))
    throw new Error('the process of the script has no pipes');
  const [out, complaint, said, { code, signal: killed }] = await Promise.all([
    beginning(stdout),
    beginning(stderr),
    beginning(answer),
    ended,
  ]);
  for (const line of out.split('\n').filter(Boolean)) log(line);
  if (killed !== null) throw new Error(`the script was ended after ${timeoutMs} ms (${killed})`);
  if (code !== 0) throw new Error(`the script failed: ${complaint.trim().slice(-2000)}`);
  return said;
}

/** As much as anybody wants to read; the rest is read and forgotten, so that the script does not stand still. */
async function beginning(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    if (size < mostOutput) chunks.push(bytes.subarray(0, mostOutput - size));
    size += bytes.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return null;
  }
}

function readVerdict(said: string): z.infer<typeof verdict> {
  const found = verdict.safeParse(parsed(said));
  if (!found.success) throw new Error('the script must answer { passed: true or false, reason: a sentence }');
  return found.data;
}
