import type { StatTest } from './stat-test.js';

export const standardizedMeanDifference = {
  id: 'standardized-mean-difference',
  title: 'Standardised mean difference',
  appliesTo: 'numeric',
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  unit: 'standard deviation',
  source:
    'Austin, "An introduction to propensity score methods", Multivariate Behavioral Research 46 (2011), §"Balance diagnostics"',
} as const satisfies StatTest;

/**
 * (mean(b) − mean(a)) / √((s²_a + s²_b)/2), s² with divisor n − 1: positive when `b` lies higher. Sees a moved mean only, not a
 * changed shape. NaN with fewer than two rows on a side; with no spread at all 0 for equal means, else ±Infinity.
 */
export function meanDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length < 2 || b.length < 2) return Number.NaN;
  const left = moments(a);
  const right = moments(b);
  const difference = right.mean - left.mean;
  return difference === 0 ? 0 : difference / Math.sqrt((left.variance + right.variance) / 2);
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
}
