import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type SeededRandom, seededRandom } from '@assay/pure/ml';
import { expect, it } from 'vitest';
import { killNow, processTree } from './process-tree.js';
import { type Soundness, examine } from './soundness.js';

/** `npm run test:faults` asks for 50; a plain test run makes do with 5. */
const kills = Number(process.env['ASSAY_TEST_KILLS'] ?? 5);
const seed = Number(process.env['ASSAY_TEST_SEED'] ?? 20_261_122);
const demo = resolve(import.meta.dirname, '../../apps/cli/dist/demo/main.js');
const longestLifeMs = 22_000;

it(`loses nothing when the whole platform is killed at ${kills} random moments of the pilot, and finishes the story`, async () => {
  const random = seededRandom(seed);
  let killed = 0;
  let stories = 0;
  while (killed < kills) {
    const folder = mkdtempSync(join('/var/tmp', 'assay-storm-'));
    // As root Postgres runs as another user: what it can't reach is kept elsewhere, and would be left behind.
    chmodSync(folder, 0o711);
    stories += 1;
    try {
      killed += await tellWithKills(folder, kills - killed, random);
      expectSound(await examine(join(folder, 'demo')));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  process.stdout.write(`killed ${killed} times over ${stories} stories (seed ${seed})\n`);
});

/** Tells one story to its end, killing everything at random moments, at most `most` times; returns how often. */
async function tellWithKills(folder: string, most: number, random: SeededRandom): Promise<number> {
  for (let killed = 0; ; killed += 1) {
    const telling = start(folder);
    const lifeMs = 300 + random.next() * longestLifeMs;
    const ended = killed === most ? await telling.ended : await Promise.race([telling.ended, wait(lifeMs, null)]);
    if (ended !== null) {
      expect(ended, telling.said()).toBe(0);
      return killed;
    }
    const keepPostgres = random.next() < 0.3;
    const postgres = keepPostgres ? postgresTree(folder) : [];
    // Looked up twice: a worker may be starting just now.
    for (let round = 0; round < 2; round += 1)
      killNow(processTree(telling.pid).filter((pid) => !postgres.includes(pid)));
    await telling.ended;
  }
}

function start(folder: string): { pid: number; ended: Promise<number>; said: () => string } {
  const child: ChildProcess = spawn(process.execPath, [demo, '--once', '--resume'], {
    env: { ...process.env, ASSAY_DATA_DIR: folder, ASSAY_PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-4_000);
  });
  const ended = new Promise<number>((done) => void child.once('close', (code) => done(code ?? 137)));
  return { pid: child.pid ?? 0, ended, said: () => text };
}

function postgresTree(folder: string): number[] {
  try {
    const { pid }: { pid: number } = JSON.parse(readFileSync(join(folder, 'demo', 'postgres.json'), 'utf8'));
    return processTree(pid);
  } catch {
    return []; // killed before Postgres was up
  }
}

function expectSound(found: Soundness): void {
  process.stdout.write(
    `${found.leaves} records, ${found.acknowledged} acknowledged changes, ${found.governedRows} governed rows\n`,
  );
  expect(found.acknowledged).toBeGreaterThan(0);
  expect(found.governedRows).toBeGreaterThan(0);
  expect(found).toMatchObject({ lost: [], unrecorded: [], gaps: 0 });
}
