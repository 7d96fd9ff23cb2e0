import { readWorkerEnvironment } from '@assay/platform/config';
import { runAttempt } from './run-attempt.js';

const exitCodes = { succeeded: 0, failed: 1, cancelled: 130, 'lease-lost': 75 } as const;

const cancelled = new AbortController();
process.once('SIGTERM', () => cancelled.abort());

try {
  const outcome = await runAttempt(readWorkerEnvironment(), cancelled.signal);
  endGroup(exitCodes[outcome], outcome === 'lease-lost');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  endGroup(1, true);
}

/** Ends with the code; where the job may go on elsewhere, nothing that this process started may stay behind. */
function endGroup(code: number, kill: boolean): void {
  if (kill) {
    process.stderr.write('the attempt has ended; its processes are killed\n');
    process.kill(-process.pid, 'SIGKILL');
  }
  process.exit(code);
}
