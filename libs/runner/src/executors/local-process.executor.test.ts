import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@assay/platform/config';
import { processAlive, processStartTime } from '@assay/platform/database';
import { afterAll, describe, expect, it } from 'vitest';
import { LocalProcessExecutor } from './local-process.executor.js';

const dataDir = mkdtempSync(join('/var/tmp', 'assay-executor-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** A worker with a process of its own that it leaves behind when it is killed. */
async function workerWithChild() {
  const leader = spawn('/bin/sh', ['-c', 'sleep 600 & echo $!; wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line]: unknown[] = await once(leader.stdout, 'data');
  const pid = leader.pid ?? 0;
  return { leader, child: Number(String(line)), worker: { host: 'here', pid, start: processStartTime(pid) } };
}

describe('ending an attempt', () => {
  const executor = new LocalProcessExecutor(readConfig({ ASSAY_DATA_DIR: dataDir }));

  it('ends what the worker started, too, also when the worker itself is gone already', async () => {
    const { leader, child, worker } = await workerWithChild();
    const gone = once(leader, 'exit');
    leader.kill('SIGKILL');
    await gone;
    expect(processAlive(child)).toBe(true);
    await executor.stop(worker);
    await expect.poll(() => processAlive(child)).toBe(false);
  });

  it('leaves a later process with the same id alone', async () => {
    const { leader, child, worker } = await workerWithChild();
    await executor.stop({ ...worker, start: '1' });
    expect([processAlive(worker.pid), processAlive(child)]).toEqual([true, true]);
    const gone = once(leader, 'exit');
    await executor.stop(worker);
    await gone;
    await expect.poll(() => processAlive(child)).toBe(false);
  });
});
