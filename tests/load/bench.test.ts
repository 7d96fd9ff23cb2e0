import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const entry = resolve(import.meta.dirname, 'dist/main.js');

function bench(args: string[]) {
  return spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8' });
}

interface Written {
  samples: { scenario: string; server: string; calls: number; cpuMsPerCall: number; wrong: string | null }[];
  servers: { name: string; rssIdleBytes: number; coldStartMs: number[] }[];
}

it('measures every scenario small, and finds every answer right', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-test-'));
  try {
    const file = join(folder, 'figures.json');
    const { status, stdout, stderr } = bench(['--quick', '--million', '--json', file]);
    expect(stdout + stderr).toMatch(/Every answer was checked and every write read back/);
    expect(status).toBe(0);
    const { samples, servers }: Written = JSON.parse(readFileSync(file, 'utf8'));
    const left = [...stderr.matchAll(/(\S+) is left out/g)].map(([, name]) => name);
    const listed = bench(['--list']).stdout.matchAll(/^([\w-]+) {2,}/gm);
    const wanted = [...listed].map(([, name]) => name).filter((name) => !/-(?:1g|100k|grown)$/.test(name ?? ''));
    expect([...new Set(samples.map(({ scenario }) => scenario)), ...left].toSorted()).toEqual(wanted.toSorted());
    expect(samples.filter(({ wrong, calls }) => wrong !== null || calls === 0)).toEqual([]);
    expect(servers).toMatchObject([{ name: 'assay', coldStartMs: [expect.any(Number)] }]);
    expect(servers[0]?.rssIdleBytes).toBeGreaterThan(50 * 2 ** 20);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('says what it does not understand, with the exit code of wrong usage', () => {
  expect(bench(['--only', 'nothing'])).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('There is no scenario "nothing"'),
  });
  expect(bench(['--rounds', 'many'])).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('--rounds takes a number above 0'),
  });
  expect(bench(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Example: npm run bench --') });
});
