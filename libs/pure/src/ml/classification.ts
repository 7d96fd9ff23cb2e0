/** Labels are 0 or 1, scores are the estimated probability of 1, in the same order. */
export interface ScoredLabels {
  readonly labels: readonly number[];
  readonly scores: readonly number[];
}

/** Counts of a binary decision "positive when score ≥ threshold". */
export interface ConfusionCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/**
 * Area under the ROC curve = the chance that a random positive scores above a random negative, ties counted half
 * (Mann-Whitney U / (P·N), mid-ranks). `null` when one class is absent: the area is then undefined.
 */
export function rocAuc({ labels, scores }: ScoredLabels): number | null {
  requireSameLength(labels, scores);
  const order = scores.map((_, index) => index).sort((a, b) => at(scores, a) - at(scores, b));
  let positives = 0;
  let positiveRanks = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    const value = at(scores, at(order, start));
    while (end < order.length && at(scores, at(order, end)) === value) end += 1;
    const midRank = (start + 1 + end) / 2;
    for (let place = start; place < end; place += 1) {
      if (at(labels, at(order, place)) === 1) {
        positives += 1;
        positiveRanks += midRank;
      }
    }
    start = end;
  }
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (positiveRanks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Counts right and wrong decisions at a threshold (score ≥ threshold means positive). */
export function confusionCounts({ labels, scores }: ScoredLabels, threshold = 0.5): ConfusionCounts {
  requireSameLength(labels, scores);
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  labels.forEach((label, index) => {
    const positive = at(scores, index) >= threshold;
    if (label === 1) counts[positive ? 'truePositives' : 'falseNegatives'] += 1;
    else counts[positive ? 'falsePositives' : 'trueNegatives'] += 1;
  });
  return counts;
}

/** Share of right decisions at the threshold; `null` for no rows. */
export function accuracy(scored: ScoredLabels, threshold = 0.5): number | null {
  const counts = confusionCounts(scored, threshold);
  return ratio(counts.truePositives + counts.trueNegatives, scored.labels.length);
}

/** Share of the truly positive that the threshold finds (TPR, recall); `null` without positives. */
export function truePositiveRate(counts: ConfusionCounts): number | null {
  return ratio(counts.truePositives, counts.truePositives + counts.falseNegatives);
}

/** Share of the truly negative that the threshold takes for positive (FPR); `null` without negatives. */
export function falsePositiveRate(counts: ConfusionCounts): number | null {
  return ratio(counts.falsePositives, counts.falsePositives + counts.trueNegatives);
}

/** Share of all rows decided positive; `null` for no rows. */
export function selectionRate(counts: ConfusionCounts): number | null {
  const selected = counts.truePositives + counts.falsePositives;
  return ratio(selected, selected + counts.trueNegatives + counts.falseNegatives);
}

/** Share of the rows decided positive that are so (PPV); `null` when none was decided positive. */
export function precision(counts: ConfusionCounts): number | null {
  return ratio(counts.truePositives, counts.truePositives + counts.falsePositives);
}

/** Harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN); `null` when there is no positive, decided or true. */
export function f1Score(counts: ConfusionCounts): number | null {
  return ratio(2 * counts.truePositives, 2 * counts.truePositives + counts.falsePositives + counts.falseNegatives);
}

/** Mean of the rates of right decisions in both classes, (TPR + TNR) / 2; `null` when one class is absent. */
export function balancedAccuracy(counts: ConfusionCounts): number | null {
  const found = truePositiveRate(counts);
  const falseAlarms = falsePositiveRate(counts);
  return found === null || falseAlarms === null ? null : (found + 1 - falseAlarms) / 2;
}

/**
 * Mean negative log likelihood in nats: -mean(y·ln p + (1-y)·ln(1-p)), p clipped to [eps, 1-eps] with the double's machine
 * epsilon as scikit-learn does; `null` for no rows.
 */
export function logLoss({ labels, scores }: ScoredLabels): number | null {
  requireSameLength(labels, scores);
  if (labels.length === 0) return null;
  let sum = 0;
  labels.forEach((label, index) => {
    const clipped = Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, at(scores, index)));
    sum -= label === 1 ? Math.log(clipped) : Math.log(1 - clipped);
  });
  return sum / labels.length;
}

/** Brier score: mean((p - y)²), 0 is perfect; `null` for no rows. */
export function brierScore({ labels, scores }: ScoredLabels): number | null {
  requireSameLength(labels, scores);
  return ratio(
    labels.reduce((sum, label, index) => sum + (at(scores, index) - label) ** 2, 0),
    labels.length,
  );
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function requireSameLength(labels: readonly number[], scores: readonly number[]): void {
  if (labels.length !== scores.length)
    throw new RangeError(`${labels.length} labels do not match ${scores.length} scores`);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value at ${index}`);
  return value;
}
