export { binaryMetrics, binaryReport, groupReport } from './binary-report.js';
export type {
  BinaryMetrics,
  BinaryReport,
  BinaryReportOptions,
  GroupGaps,
  GroupMetrics,
  GroupReport,
} from './binary-report.js';
export { bootstrapInterval, quantile } from './bootstrap.js';
export type { BootstrapInterval, BootstrapOptions } from './bootstrap.js';
export { calibrationBins, expectedCalibrationError } from './calibration.js';
export type { CalibrationBin } from './calibration.js';
export {
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
} from './classification.js';
export type { ConfusionCounts, ScoredLabels } from './classification.js';
export { deriveSeed, epochPermutation, seededRandom } from './random.js';
export type { SeededRandom } from './random.js';
export {
  applyTabular,
  fitTabular,
  tabularInputNames,
  tabularLabels,
  tabularWidth,
  TabularValueError,
} from './tabular-preprocessing.js';
export type { Cell, FitTabularOptions, TableRow } from './tabular-preprocessing.js';
