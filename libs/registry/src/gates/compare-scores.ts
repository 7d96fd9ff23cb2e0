import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ScoreTable } from '@assay/pure/formats';
import {
  leastRowsCompared,
  leastRowsOfClass,
  type PairedBootstrapOptions,
  type PairedGain,
  type PairedScores,
  tooFew,
} from '@assay/pure/stats';
import { type ComparisonResult, type ComparisonSpec, seedOf } from './comparison.js';

/** What the thread starts with. */
export interface ComparisonWork {
  readonly pair: PairedScores;
  readonly options: PairedBootstrapOptions;
}

const extension = extname(import.meta.url);
const script = new URL(`./comparison-thread${extension}`, import.meta.url);
/** Ten times what the largest comparison should take. */
const longestMs = 120_000;

/** Compares two tables of scores row by row, on a thread of its own: it may take seconds of one core. */
export async function compareScores(
  spec: ComparisonSpec,
  candidate: ScoreTable,
  holder: ScoreTable,
): Promise<ComparisonResult> {
  const { labels } = candidate;
  if (labels.length !== holder.labels.length || labels.some((label, row) => label !== holder.labels[row]))
    return impossible('the two versions were not measured against the same labels');
  if (tooFew(labels))
    return impossible(
      `${labels.length} rows are too few to compare row by row: it takes ${leastRowsCompared}, with ${leastRowsOfClass} of either class`,
    );
  const gain = await inThread({
    pair: {
      labels,
      candidate: { scores: candidate.scores, threshold: spec.candidate.threshold },
      holder: { scores: holder.scores, threshold: spec.holder.threshold },
    },
    options: { metric: spec.metric, confidence: spec.confidence, resamples: spec.resamples, seed: seedOf(spec) },
  });
  if (gain === null) return impossible(`${spec.metric} is undefined on too many of the resamples`);
  const { estimate, low, high, resamples } = gain;
  return { outcome: 'compared', estimate, low, high, resamples };
}

export function impossible(reason: string): ComparisonResult {
  return { outcome: 'impossible', reason };
}

function inThread(workerData: ComparisonWork): Promise<PairedGain | null> {
  const { promise, resolve, reject } = Promise.withResolvers<PairedGain | null>();
  const execArgv = extension === '.ts' ? ['--conditions=@assay/source'] : [];
  const worker = new Worker(script, { workerData, execArgv, resourceLimits: { maxOldGenerationSizeMb: 512 } });
  const late = setTimeout(() => reject(new Error(`a comparison took longer than ${longestMs} ms`)), longestMs).unref();
  worker.once('message', (gain: PairedGain | null) => resolve(gain));
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the thread that compares ended with ${code}`)));
  return promise.finally(async () => {
    clearTimeout(late);
    await worker.terminate();
  });
}
