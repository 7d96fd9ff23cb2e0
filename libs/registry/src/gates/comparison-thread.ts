import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { ComparisonWork } from './compare-scores.js';

// The thread behind `compareScores`: one comparison, then it ends. Run as source, Node finds no file under the names that imports give.
if (import.meta.url.endsWith('.ts')) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier.startsWith('.') ? specifier.replace(/\.js$/, '.ts') : specifier, context),
  });
}
const { pairedBootstrap } = await import('@assay/pure/stats');
const { pair, options }: ComparisonWork = workerData;
parentPort?.postMessage(pairedBootstrap(pair, options));
