import type { ScoredLabels } from './classification.js';

/** One bin of the reliability diagram: rows whose score lies in (from, to], the first bin also at 0. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean score of the bin's rows; `null` in an empty bin. */
  readonly meanScore: number | null;
  /** Share of positives among the bin's rows; `null` in an empty bin. */
  readonly positiveRate: number | null;
}

/** Bins of equal width over [0, 1]; edges fall to the lower bin, as in scikit-learn's `calibration_curve(strategy='uniform')`. */
export function calibrationBins({ labels, scores }: ScoredLabels, binCount = 10): CalibrationBin[] {
  const counts = new Array<number>(binCount).fill(0);
  const scoreSums = new Array<number>(binCount).fill(0);
  const positives = new Array<number>(binCount).fill(0);
  scores.forEach((score, index) => {
    const bin = binOf(score, binCount);
    counts[bin] = (counts[bin] ?? 0) + 1;
    scoreSums[bin] = (scoreSums[bin] ?? 0) + score;
    positives[bin] = (positives[bin] ?? 0) + (labels[index] === 1 ? 1 : 0);
  });
  return counts.map((count, bin) => ({
    from: bin / binCount,
    to: (bin + 1) / binCount,
    count,
    meanScore: count === 0 ? null : (scoreSums[bin] ?? 0) / count,
    positiveRate: count === 0 ? null : (positives[bin] ?? 0) / count,
  }));
}

/**
 * Expected calibration error: Σ (n_bin / n) · |mean score - positive rate|, in probability units; `null` for no rows.
 * Source: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
 */
export function expectedCalibrationError(bins: readonly CalibrationBin[]): number | null {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (total === 0) return null;
  return bins.reduce(
    (sum, { count, meanScore, positiveRate }) =>
      sum + (count / total) * Math.abs((meanScore ?? 0) - (positiveRate ?? 0)),
    0,
  );
}

function binOf(score: number, binCount: number): number {
  let bin = 0;
  while (bin < binCount - 1 && score > (bin + 1) / binCount) bin += 1;
  return bin;
}
