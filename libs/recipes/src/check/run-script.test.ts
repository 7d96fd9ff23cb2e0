import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
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
    expect(await run(script, { lines })).toMatchObject({ passed: true, reason: 'the lowest positive scores 0.4' });
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

  it('has the network that its verdict says it had', async () => {
    let reached = 0;
    const server = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const script = `import { connect } from 'node:net';
      export const check = () => new Promise((said) => {
        const socket = connect(${port}, '127.0.0.1');
        socket.once('connect', () => said({ passed: true, reason: 'reached' }));
        socket.once('error', ({ code }) => said({ passed: true, reason: code }));
      });`;
    const { reason, network } = await run(script);
    server.close();
    expect({ reached, open: reason === 'reached' }).toEqual(
      network === 'none' ? { reached: 0, open: false } : { reached: 1, open: true },
    );
    const namespaces = spawnSync('unshare', ['--user', '--net', 'true']).status === 0;
    expect(network).toBe(namespaces ? 'none' : 'open');
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
