import type { PairedMetric } from '@assay/contracts';

/** Two models' scores of the same rows, with the score from which on each calls a row positive. */
export interface PairedScores {
  /** 0 or 1 for each row. */
  readonly labels: Uint8Array;
  readonly candidate: ThresholdedScores;
  readonly holder: ThresholdedScores;
}

export interface ThresholdedScores {
  readonly scores: Float64Array;
  readonly threshold: number;
}

/** A number from how often each row counts; NaN where the rows that count leave it undefined. */
export type WeightedDifference = (weights: Uint8Array) => number;

/**
 * How much better the candidate is than the holder, as a function of how often each row counts: candidate − holder, or holder − candidate
 * for a metric whose small values are good. With every weight 1 it is the difference of the metrics as `binaryMetrics` gives them.
 *
 * @param form `linear`: the area under the curve by its linear part, see `linearAucGain`; every other metric has one form.
 */
export function weightedGain(
  pair: PairedScores,
  metric: PairedMetric,
  form: 'exact' | 'linear' = 'exact',
): WeightedDifference {
  switch (metric) {
    case 'auc':
      return form === 'exact' ? aucGain(pair) : linearAucGain(pair);
    case 'log_loss':
      return meanGain(pair, (label, score) => {
        const clipped = Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, score));
        return -Math.log(label === 1 ? clipped : 1 - clipped);
      });
    case 'brier_score':
      return meanGain(pair, (label, score) => (score - label) ** 2);
    default:
      return decisionGain(pair, decisionMetrics[metric]);
  }
}

/** Rates of a decision from its four counts, larger is better. */
const decisionMetrics: Readonly<
  Record<
    Exclude<PairedMetric, 'auc' | 'log_loss' | 'brier_score'>,
    (tp: number, fp: number, tn: number, fn: number) => number
  >
> = {
  accuracy: (tp, fp, tn, fn) => (tp + tn) / (tp + fp + tn + fn),
  balanced_accuracy: (tp, fp, tn, fn) => (tp / (tp + fn) + tn / (fp + tn)) / 2,
  precision: (tp, fp) => tp / (tp + fp),
  recall: (tp, _fp, _tn, fn) => tp / (tp + fn),
  f1: (tp, fp, _tn, fn) => (2 * tp) / (2 * tp + fp + fn),
  false_positive_rate: (_tp, fp, tn) => -fp / (fp + tn),
};

/** A row matters only by its label and the two decisions, so the eight sums of weights are all that is needed. */
function decisionGain(
  { labels, candidate, holder }: PairedScores,
  metric: (tp: number, fp: number, tn: number, fn: number) => number,
): WeightedDifference {
  const cells = Uint8Array.from(
    labels,
    (label, row) =>
      4 * label +
      2 * Number((candidate.scores[row] ?? 0) >= candidate.threshold) +
      Number((holder.scores[row] ?? 0) >= holder.threshold),
  );
  const sums = new Float64Array(8);
  return (weights) => {
    sums.fill(0);
    for (let row = 0; row < cells.length; row += 1) {
      const cell = cells[row] ?? 0;
      sums[cell] = (sums[cell] ?? 0) + (weights[row] ?? 0);
    }
    const [nn = 0, nh = 0, nc = 0, nb = 0, pn = 0, ph = 0, pc = 0, pb = 0] = sums;
    return metric(pc + pb, nc + nb, nn + nh, pn + ph) - metric(ph + pb, nh + nb, nn + nc, pn + pc);
  };
}

/** Weighted mean of what each row loses less under the candidate. */
function meanGain(
  { labels, candidate, holder }: PairedScores,
  loss: (label: number, score: number) => number,
): WeightedDifference {
  const gains = Float64Array.from(
    labels,
    (label, row) => loss(label, holder.scores[row] ?? 0) - loss(label, candidate.scores[row] ?? 0),
  );
  return (weights) => {
    let sum = 0;
    let total = 0;
    for (let row = 0; row < gains.length; row += 1) {
      const weight = weights[row] ?? 0;
      sum += weight * (gains[row] ?? 0);
      total += weight;
    }
    return sum / total;
  };
}

function aucGain({ labels, candidate, holder }: PairedScores): WeightedDifference {
  const [first, second] = [weightedAuc(labels, candidate.scores), weightedAuc(labels, holder.scores)];
  return (weights) => first(weights) - second(weights);
}

/**
 * The linear part (Hájek's projection) of a difference of areas: each row's placement among the rows of the other class is found once, and
 * resampling then averages placements, one pass in the order of memory instead of two in the order of the scores. What is left out is of the
 * order 1/n, beside a standard error of the order 1/√n: for thousands of rows of either class far less than the noise of resampling.
 *
 * Sources: DeLong, DeLong, Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating characteristic curves",
 * Biometrics 44 (1988), for the placements; Janssen, "Bootstrapping U-statistics", Test 6 (1997), for resampling the linear part.
 */
function linearAucGain({ labels, candidate, holder }: PairedScores): WeightedDifference {
  const [ours, theirs] = [placements(labels, candidate.scores), placements(labels, holder.scores)];
  const gains = Float64Array.from(ours, (placement, row) => placement - (theirs[row] ?? 0));
  const positive = Uint8Array.from(labels, (label) => (label === 1 ? 0xff : 0));
  const average = (weights: Uint8Array): number => {
    let [positiveSum, negativeSum, positives, negatives] = [0, 0, 0, 0];
    for (let row = 0; row < gains.length; row += 1) {
      const weight = weights[row] ?? 0;
      const ofPositive = weight & (positive[row] ?? 0);
      const gain = gains[row] ?? 0;
      positiveSum += ofPositive * gain;
      negativeSum += (weight - ofPositive) * gain;
      positives += ofPositive;
      negatives += weight - ofPositive;
    }
    return positiveSum / positives + negativeSum / negatives;
  };
  const gain = average(new Uint8Array(gains.length).fill(1)) / 2;
  return (weights) => average(weights) - gain;
}

/** Of each positive the share of negatives below it, of each negative the share of positives above it; ties count half. */
function placements(labels: Uint8Array, scores: Float64Array): Float64Array {
  const order = Uint32Array.from(labels.keys()).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  const all = labels.reduce((sum, label) => sum + label, 0);
  const placed = new Float64Array(labels.length);
  let [negativesBelow, positivesBelow] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    let positives = 0;
    while (to < order.length && scores[order[to] ?? 0] === scores[order[from] ?? 0]) {
      positives += labels[order[to] ?? 0] ?? 0;
      to += 1;
    }
    const negatives = to - from - positives;
    const ofPositive = (negativesBelow + negatives / 2) / (labels.length - all);
    const ofNegative = (all - positivesBelow - positives / 2) / all;
    for (let place = from; place < to; place += 1) {
      const row = order[place] ?? 0;
      placed[row] = labels[row] === 1 ? ofPositive : ofNegative;
    }
    negativesBelow += negatives;
    positivesBelow += positives;
    from = to;
  }
  return placed;
}

/** Mann-Whitney U over positives × negatives with weights, ties counted half; the order of the scores is found once. */
function weightedAuc(labels: Uint8Array, scores: Float64Array): WeightedDifference {
  const order = Uint32Array.from(labels.keys()).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  const rows = order.length;
  /** All bits of a positive, none of a negative: a weight is let through or not. */
  const positive = Uint8Array.from(order, (row) => (labels[row] === 1 ? 0xff : 0));
  /** 1 at the last row of each run of equal scores. */
  const closes = Uint8Array.from(order, (row, place) =>
    place === rows - 1 || scores[row] !== scores[order[place + 1] ?? 0] ? 1 : 0,
  );
  return (weights) => {
    let below = 0;
    let positives = 0;
    let sum = 0;
    let tiedPositives = 0;
    let tied = 0;
    for (let place = 0; place < rows; place += 1) {
      const weight = weights[order[place] ?? 0] ?? 0;
      tied += weight;
      tiedPositives += weight & (positive[place] ?? 0);
      if (closes[place] === 0) continue;
      const negatives = tied - tiedPositives;
      sum += tiedPositives * (2 * below + negatives);
      below += negatives;
      positives += tiedPositives;
      tied = 0;
      tiedPositives = 0;
    }
    return sum / (2 * positives * below);
  };
}
