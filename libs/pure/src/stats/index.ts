export { association, correlationRatio, cramersV, ranks, spearman } from './association.js';
export type { Column } from './association.js';
export { benjaminiHochberg } from './benjamini-hochberg.js';
export { chiSquareTest, chiSquareTwoSamples, countValues, total } from './chi-square.js';
export type { ChiSquareResult } from './chi-square.js';
export { jensenShannon, jensenShannonDistance } from './jensen-shannon.js';
export { kolmogorovSmirnov, ksDistance, ksTest } from './kolmogorov-smirnov.js';
export {
  leastResamples,
  leastRowsCompared,
  leastRowsOfClass,
  mostRowsCompared,
  pairedBootstrap,
  tooFew,
} from './paired-bootstrap.js';
export type { PairedBootstrapOptions, PairedGain } from './paired-bootstrap.js';
export { populationStabilityIndex, psi, psiPValue, psiThreshold } from './population-stability-index.js';
export { binCounts, binOf, quantileEdges } from './quantile-bins.js';
export {
  chiSquareTail,
  chiSquareUpperPoint,
  kolmogorovTail,
  logGamma,
  regularizedGammaQ,
} from './special-functions.js';
export { meanDifference, standardizedMeanDifference } from './standardized-mean-difference.js';
export { statTests } from './stat-tests.js';
export type { Counts, StatTest, TestResult } from './stat-test.js';
export { totalVariation, totalVariationDistance } from './total-variation.js';
export {
  chiSquareOfCounts,
  codeCategories,
  codeNumbers,
  distanceInterval,
  ksNorm,
  ksOfCounts,
  permutationPValue,
  totalVariationNorm,
  totalVariationOfCounts,
} from './two-sample-resampling.js';
export type { CodedSamples, CountStatistic, DifferenceNorm, EffectInterval } from './two-sample-resampling.js';
export { wassersteinDistance, wassersteinNormed, wassersteinNormedDistance } from './wasserstein.js';
export { weightedKsDistance, weightedTotalVariation } from './weighted-effect.js';
export { weightedSample } from './weighted-sample.js';
export { weightedGain } from './weighted-metrics.js';
export type { PairedScores, ThresholdedScores, WeightedDifference } from './weighted-metrics.js';
