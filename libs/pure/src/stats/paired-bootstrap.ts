import type { PairedMetric } from '@assay/contracts';
import { quantile } from '../ml/bootstrap.js';
import { deriveSeed, seededRandom } from '../ml/random.js';
import { type PairedScores, type ThresholdedScores, weightedGain } from './weighted-metrics.js';

export interface PairedBootstrapOptions {
  readonly metric: PairedMetric;
  /** One-sided: how sure the lower end is. */
  readonly confidence: number;
  readonly seed: number;
  readonly resamples?: number;
  /** How rows are drawn; left out, by their number. */
  readonly draw?: 'multinomial' | 'poisson';
}

/** How much better the candidate is than the holder on the same rows, and how sure that is. Positive is better, whatever the metric. */
export interface PairedGain {
  readonly estimate: number;
  /** With the stated confidence the true gain is at least this. */
  readonly low: number;
  /** With the stated confidence it is at most this; low … high covers it with 2 · confidence − 1. */
  readonly high: number;
  readonly confidence: number;
  /** Resamples on which the metric was defined. */
  readonly resamples: number;
}

/** Fewer resamples would leave the tail that decides to a handful of them. */
export const leastResamples = 2000;
/** Fewer rows, or fewer of either class, say too little about the tail of a difference. */
export const leastRowsCompared = 50;
export const leastRowsOfClass = 10;
/** More rows would take longer than a comparison may: about a second of one core for each 100,000. */
export const mostRowsCompared = 1_000_000;
/** Up to here rows are drawn with replacement one by one; beyond, each row's count is drawn on its own. */
const mostRowsDrawnSingly = 20_000;
/** A resample without one of the classes is left out; more of them than this share, and the interval would be of something else. */
const mostUndefined = 0.01;

/**
 * Paired percentile bootstrap of a difference of metrics: rows are drawn with replacement, each with both models' scores, so what is hard for
 * both cancels. The lower end is the (1 − confidence) quantile of the resampled gains. Null where rows, classes or resamples are too few. The
 * same scores, options and seed give the same numbers on every machine.
 *
 * Above 20,000 rows each row counts Poisson(1) times instead of multinomially: all metrics here are ratios of weighted sums, for which the
 * random total cancels, and the two differ by less than resampling noise (the variance of a mean by the factor 1 + 1/n). The area under the
 * curve is then resampled by its linear part (`linearAucGain`).
 *
 * Sources: Efron, Tibshirani, "An introduction to the bootstrap" (1993), ch. 13 (percentile interval) and ch. 8 (pairs); Hanley, MacGibbon,
 * "Creating non-parametric bootstrap samples using Poisson frequencies", Comput. Methods Programs Biomed. 83 (2006); Chamandy et al.,
 * "Estimating uncertainty for massive data streams" (2012).
 */
export function pairedBootstrap(pair: PairedScores, options: PairedBootstrapOptions): PairedGain | null {
  const { metric, confidence, seed, resamples = leastResamples } = options;
  const rows = pair.labels.length;
  if (pair.candidate.scores.length !== rows || pair.holder.scores.length !== rows)
    throw new RangeError('both models must have a score for each row');
  if (!pair.candidate.scores.every(Number.isFinite) || !pair.holder.scores.every(Number.isFinite))
    throw new RangeError('a score is no finite number');
  if (rows > mostRowsCompared) throw new RangeError(`${rows} rows are more than ${mostRowsCompared}`);
  if (tooFew(pair.labels)) return null;
  const singly = (options.draw ?? (rows <= mostRowsDrawnSingly ? 'multinomial' : 'poisson')) === 'multinomial';
  const gain = singly ? weightedGain(inOrder(pair), metric) : weightedGain(pair, metric, 'linear');
  const weights = new Uint8Array(rows);
  const estimate = gain(weights.fill(1));
  if (!Number.isFinite(estimate)) return null;
  const draw = singly ? drawSingly : poissonDraw();
  const gains: number[] = [];
  for (let round = 0; round < resamples; round += 1) {
    draw(weights, deriveSeed(seed, round));
    const value = gain(weights);
    if (Number.isFinite(value)) gains.push(value);
  }
  if (gains.length < resamples * (1 - mostUndefined)) return null;
  gains.sort((a, b) => a - b);
  return {
    estimate,
    low: quantile(gains, 1 - confidence),
    high: quantile(gains, confidence),
    confidence,
    resamples: gains.length,
  };
}

/** The rows by the candidate's score: it is all the same which row is called which, and counts are then read one after the other. */
function inOrder({ labels, candidate, holder }: PairedScores): PairedScores {
  const order = Uint32Array.from(labels.keys()).sort((a, b) => (candidate.scores[a] ?? 0) - (candidate.scores[b] ?? 0));
  const sorted = ({ scores, threshold }: ThresholdedScores): ThresholdedScores => ({
    scores: Float64Array.from(order, (row) => scores[row] ?? 0),
    threshold,
  });
  return {
    labels: Uint8Array.from(order, (row) => labels[row] ?? 0),
    candidate: sorted(candidate),
    holder: sorted(holder),
  };
}

/** Whether rows, or rows of one class, are too few for `pairedBootstrap`. */
export function tooFew(labels: Uint8Array): boolean {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  return labels.length < leastRowsCompared || Math.min(positives, labels.length - positives) < leastRowsOfClass;
}

type Draw = (weights: Uint8Array, seed: number) => void;

const drawSingly: Draw = (weights, seed) => {
  const { below } = seededRandom(seed);
  weights.fill(0);
  for (let drawn = 0; drawn < weights.length; drawn += 1) {
    const row = below(weights.length);
    weights[row] = (weights[row] ?? 0) + 1;
  }
};

/** Poisson(1) counts from a table of its distribution function at 2⁻¹⁶: two counts for each random number of 32 bits. */
function poissonDraw(): Draw {
  const table = new Uint8Array(65_536);
  let [count, probability, cumulated] = [0, Math.exp(-1), Math.exp(-1)];
  for (let place = 0; place < table.length; place += 1) {
    while ((place + 0.5) / table.length > cumulated) {
      count += 1;
      probability /= count;
      cumulated += probability;
    }
    table[place] = count;
  }
  return (weights, seed) => {
    const { bits } = seededRandom(seed);
    for (let row = 0; row < weights.length; row += 2) {
      const drawn = bits();
      weights[row] = table[drawn & 0xffff] ?? 0;
      weights[row + 1] = table[drawn >>> 16] ?? 0;
    }
  };
}
