import { bootstrapInterval, type BootstrapInterval } from './bootstrap.js';
import { calibrationBins, expectedCalibrationError, type CalibrationBin } from './calibration.js';
import {
  accuracy,
  balancedAccuracy,
  brierScore,
  confusionCounts,
  f1Score,
  falsePositiveRate,
  logLoss,
  precision,
  rocAuc,
  selectionRate,
  truePositiveRate,
  type ConfusionCounts,
  type ScoredLabels,
} from './classification.js';

/** What is known about a binary classifier on a set of rows; `null` where the rows do not define it. */
export interface BinaryMetrics {
  readonly rows: number;
  readonly positives: number;
  readonly auc: number | null;
  readonly accuracy: number | null;
  readonly logLoss: number | null;
  readonly brier: number | null;
  readonly ece: number | null;
  readonly truePositiveRate: number | null;
  readonly falsePositiveRate: number | null;
  readonly selectionRate: number | null;
  readonly precision: number | null;
  readonly f1: number | null;
  readonly balancedAccuracy: number | null;
  readonly confusion: ConfusionCounts;
}

export interface GroupMetrics {
  readonly group: string;
  readonly metrics: BinaryMetrics;
}

/** Largest minus smallest value over the groups that define it; `null` when fewer than two do. */
export interface GroupGaps {
  readonly auc: number | null;
  readonly truePositiveRate: number | null;
  readonly falsePositiveRate: number | null;
  readonly selectionRate: number | null;
}

/** A split of the rows by one attribute, for example sex. */
export interface GroupReport {
  readonly attribute: string;
  readonly groups: readonly GroupMetrics[];
  /** Groups with fewer rows than the stated minimum: shown, but kept out of the gaps because their rates are noise. */
  readonly tooSmall: readonly string[];
  readonly gaps: GroupGaps;
}

export interface BinaryReport {
  readonly threshold: number;
  readonly overall: BinaryMetrics;
  readonly aucInterval: BootstrapInterval | null;
  readonly calibration: readonly CalibrationBin[];
  readonly byGroup: readonly GroupReport[];
}

export interface BinaryReportOptions {
  readonly threshold?: number;
  readonly bins?: number;
  readonly minimumGroupRows?: number;
  readonly seed: number;
  /** Awaited now and then, so that a report over many rows lets other work run. */
  readonly pause?: () => Promise<void>;
  /** Attribute name → group of each row, in row order. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

/** All metrics of a binary classifier over some rows. */
export function binaryMetrics(scored: ScoredLabels, threshold = 0.5, bins = 10): BinaryMetrics {
  const confusion = confusionCounts(scored, threshold);
  return {
    rows: scored.labels.length,
    positives: confusion.truePositives + confusion.falseNegatives,
    auc: rocAuc(scored),
    accuracy: accuracy(scored, threshold),
    logLoss: logLoss(scored),
    brier: brierScore(scored),
    ece: expectedCalibrationError(calibrationBins(scored, bins)),
    truePositiveRate: truePositiveRate(confusion),
    falsePositiveRate: falsePositiveRate(confusion),
    selectionRate: selectionRate(confusion),
    precision: precision(confusion),
    f1: f1Score(confusion),
    balancedAccuracy: balancedAccuracy(confusion),
    confusion,
  };
}

/** The same metrics for each group of one attribute, groups in alphabetical order, with the gaps between them. */
export function groupReport(
  scored: ScoredLabels,
  attribute: string,
  groupOfRow: readonly string[],
  { threshold = 0.5, bins = 10, minimumRows = 30 }: { threshold?: number; bins?: number; minimumRows?: number } = {},
): GroupReport {
  if (groupOfRow.length !== scored.labels.length) {
    throw new RangeError(`${groupOfRow.length} values of '${attribute}' do not match ${scored.labels.length} rows`);
  }
  const groups = [...new Set(groupOfRow)].sort().map((group) => {
    const rows = groupOfRow.flatMap((value, index) => (value === group ? [index] : []));
    return { group, metrics: binaryMetrics(selectRows(scored, rows), threshold, bins) };
  });
  const compared = groups.filter(({ metrics }) => metrics.rows >= minimumRows).map(({ metrics }) => metrics);
  return {
    attribute,
    groups,
    tooSmall: groups.filter(({ metrics }) => metrics.rows < minimumRows).map(({ group }) => group),
    gaps: {
      auc: gap(compared.map((metrics) => metrics.auc)),
      truePositiveRate: gap(compared.map((metrics) => metrics.truePositiveRate)),
      falsePositiveRate: gap(compared.map((metrics) => metrics.falsePositiveRate)),
      selectionRate: gap(compared.map((metrics) => metrics.selectionRate)),
    },
  };
}

/** The whole evaluation of a binary classifier: overall, uncertainty of the AUC, calibration, and by group. */
export async function binaryReport(scored: ScoredLabels, options: BinaryReportOptions): Promise<BinaryReport> {
  const { threshold = 0.5, bins = 10, minimumGroupRows = 30, seed, pause, groups = {} } = options;
  return {
    threshold,
    overall: binaryMetrics(scored, threshold, bins),
    aucInterval: await bootstrapInterval(scored, rocAuc, pause === undefined ? { seed } : { seed, pause }),
    calibration: calibrationBins(scored, bins),
    byGroup: Object.entries(groups).map(([attribute, values]) =>
      groupReport(scored, attribute, values, { threshold, bins, minimumRows: minimumGroupRows }),
    ),
  };
}

function selectRows({ labels, scores }: ScoredLabels, rows: readonly number[]): ScoredLabels {
  return { labels: rows.map((row) => labels[row] ?? 0), scores: rows.map((row) => scores[row] ?? 0) };
}

function gap(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length < 2 ? null : Math.max(...known) - Math.min(...known);
}
