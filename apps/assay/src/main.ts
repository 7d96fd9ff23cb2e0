import { readConfig } from '@assay/platform/config';
import { sentenceOf, startAssay } from './start-assay.js';

try {
  const assay = await startAssay(readConfig(), (detail) => {
    process.stderr.write(`assay: the embedded Postgres ended (${detail}); stopping.\n`);
    void assay.stop().finally(() => process.exit(70));
  });
  process.stdout.write(`${assay.welcome.join('\n')}\n`);
  const stop = (): void => void assay.stop().then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
} catch (error) {
  process.stderr.write(`assay: ${sentenceOf(error)}\n`);
  process.exit(1);
}
