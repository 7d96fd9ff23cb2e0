import { chiSquareTwoSamples } from './chi-square.js';
import { jensenShannon } from './jensen-shannon.js';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.js';
import { populationStabilityIndex } from './population-stability-index.js';
import { standardizedMeanDifference } from './standardized-mean-difference.js';
import type { StatTest } from './stat-test.js';
import { totalVariation } from './total-variation.js';
import { wassersteinNormed } from './wasserstein.js';

/** Every statistic that compares two samples, for lists and docs. */
export const statTests: readonly StatTest[] = [
  kolmogorovSmirnov,
  chiSquareTwoSamples,
  populationStabilityIndex,
  totalVariation,
  wassersteinNormed,
  jensenShannon,
  standardizedMeanDifference,
];
