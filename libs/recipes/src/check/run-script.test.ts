import { describe, expect, it } from 'vitest';
import { runScript } from './run-script.js';

const input = { labels: [1, 0, 1], scores: [0.9, 0.2, 0.4], parameters: { floor: 0.3 } };

function run(script: string, { timeoutMs = 20_000, lines = [] }: { timeoutMs?: number; lines?: string[] } = {}) {
  return runScript(new TextEncoder().encode(script), input, {
    timeoutMs,
    signal: new AbortController().signal,
    log: (line) => lines.push(line),
  });
}

describe('a script that checks a version', () => {
  it('sees labels, scores and parameters, and says whether it passes and why', async () => {
    const lines: string[] = [];
    const script = `export function check({ labels, scores, parameters }) {
      console.log('looking at ' + labels.length);
      const lowest = Math.min(...scores.filter((_, row) => labels[row] === 1));
      return { passed: lowest >= parameters.floor, reason: 'the lowest positive scores ' + lowest };
    }`;
    expect(await run(script, { lines })).toEqual({ passed: true, reason: 'the lowest positive scores 0.4' });
    expect(lines).toEqual(['looking at 3']);
  });

  it.each([
    ['throws', `export const check = () => { throw new Error('no such column'); };`, 'no such column'],
    ['answers no verdict', `export const check = () => ({ passed: 'yes' });`, 'must answer'],
    ['answers nothing', `export const check = () => {};`, 'must answer'],
    ['exports nothing', `export const other = 1;`, 'exports no function check'],
    ['is no module', `this is not JavaScript`, 'failed'],
  ])('fails the job where it %s', async (_, script, why) => {
    await expect(run(script)).rejects.toThrow(why);
  });

  it('is ended where it takes too long', async () => {
    await expect(run('export const check = () => { for (;;); };', { timeoutMs: 500 })).rejects.toThrow(
      'ended after 500 ms',
    );
  });

  it('finds nothing of our environment, reads no other file, writes none and starts no process', async () => {
    const script = `import { readFileSync, writeFileSync } from 'node:fs';
      import { spawnSync } from 'node:child_process';
      const attempt = (what) => { try { what(); return 'done'; } catch (error) { return error.code; } };
      export const check = () => ({ passed: true, reason: JSON.stringify({
        environment: Object.keys(process.env).filter((name) => !name.startsWith('__CF')),
        read: attempt(() => readFileSync('/etc/hostname')),
        write: attempt(() => writeFileSync(new URL('./x', import.meta.url), 'x')),
        spawn: attempt(() => { const { error } = spawnSync('true'); if (error) throw error; }),
      }) });`;
    expect(JSON.parse((await run(script)).reason)).toEqual({
      environment: [],
      read: 'ERR_ACCESS_DENIED',
      write: 'ERR_ACCESS_DENIED',
      spawn: 'ERR_ACCESS_DENIED',
    });
  });
});
