import { readConfig } from '@assay/platform/config';
import { sentenceOf, startAssay } from './start-assay.js';

try {
  const assay = await startAssay(readConfig(), (detail) => {
    process.stderr.write(`assay: the embedded Postgres ended (${detail}); stopping.\n`);
    void assay.stop().finally(() => process.exit(70));
  });
  process.stdout.write(`${assay.welcome.join('\n')}\n`);
  // Ctrl-C may come together with a SIGTERM of the parent: the second must not end the process before the first has stopped everything.
  let stopping: Promise<void> | null = null;
  const stop = (): void => void (stopping ??= assay.stop().then(() => process.exit(0)));
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
} catch (error) {
  process.stderr.write(`assay: ${sentenceOf(error)}\n`);
  process.exit(1);
}
