import { readConfig } from '@assay/platform/config';
import { type RunningAssay, sentenceOf, startAssay } from './start-assay.js';

let starting: Promise<RunningAssay> | null = null;
let stopping: Promise<void> | null = null;

/** Ends the process once everything has stopped; also when Ctrl-C and a parent's SIGTERM come together, or come during the start. */
function stop(code: number): void {
  stopping ??= (async () => {
    // A start that failed has undone itself, and says why below.
    const assay = await starting?.catch(() => null);
    try {
      await assay?.stop();
    } catch (error) {
      process.stderr.write(`assay: the stop failed: ${sentenceOf(error)}\n`);
      process.exit(1);
    }
    process.exit(code);
  })();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
try {
  starting = startAssay(readConfig(), (detail) => {
    process.stderr.write(`assay: the embedded Postgres ended (${detail}); stopping.\n`);
    stop(70);
  });
  const assay = await starting;
  if (stopping === null) process.stdout.write(`${assay.welcome.join('\n')}\n`);
} catch (error) {
  process.stderr.write(`assay: ${sentenceOf(error)}\n`);
  process.exit(1);
}
