import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const clients = 16;
const mebibytes = 64;

describe.skipIf(process.platform !== 'linux')('memory while large files stream (needs Linux)', () => {
  const platform = testPlatform(testDatabase(), {
    modules: [ArtifactsModule, TrackingModule],
    services: ['registry'],
  });

  it(`grows by less than 100 MiB while ${clients} clients send and read ${mebibytes} MiB each`, async () => {
    const { run } = (await platform.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' })).body;
    await platform.app.listen(0, '127.0.0.1');
    const url = `${await platform.app.getUrl()}/api/2.0/mlflow-artifacts/artifacts/0/${run.info.run_id}/artifacts`;
    const stream = async (how: 'put' | 'get', size: number): Promise<void> => {
      const script = join(import.meta.dirname, 'stream-clients.mjs');
      await promisify(execFile)(process.execPath, [script, how, url, String(clients), String(size)]);
    };
    // Connections, pools and compiled code are there before the first measurement.
    await stream('put', 1);
    await stream('get', 1);
    const before = residentMebibytes();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, residentMebibytes());
    }, 10);
    await stream('put', mebibytes);
    await stream('get', mebibytes);
    clearInterval(watch);
    expect(most - before).toBeLessThan(100);
  }, 300_000);
});

function residentMebibytes(): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}
