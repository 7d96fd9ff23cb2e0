import { chiSquareTail } from './special-functions.js';
import type { Counts, StatTest } from './stat-test.js';

export const chiSquareTwoSamples = {
  id: 'chi-square',
  title: 'Chi-square test of two samples',
  appliesTo: 'category',
  range: [0, Number.POSITIVE_INFINITY],
  unit: '1',
  source:
    'Pearson (1900); rule for small counts: Cochran, "Some methods for strengthening the common χ² tests", Biometrics 10 (1954)',
} as const satisfies StatTest;

export interface ChiSquareResult {
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
  /** Cochran's rule: at least 80 % of the expected counts are 5 or more and none is below 1. Else take a permutation. */
  readonly approximationHolds: boolean;
}

/**
 * χ² of the 2 × k table of two samples' category counts: Σ (observed − expected)²/expected, k − 1 degrees of freedom, without
 * continuity correction. Equal to `scipy.stats.chi2_contingency(correction=False)`. Categories absent from both are left out;
 * one category alone gives 0 and p = 1. NaN when a sample is empty.
 */
export function chiSquareTest(a: Counts, b: Counts): ChiSquareResult {
  const categories = [...new Set([...a.keys(), ...b.keys()])].filter(
    (name) => (a.get(name) ?? 0) + (b.get(name) ?? 0) > 0,
  );
  const n = total(a);
  const m = total(b);
  if (n === 0 || m === 0) return { statistic: Number.NaN, degrees: 0, pValue: Number.NaN, approximationHolds: false };
  let statistic = 0;
  let small = 0;
  let tiny = 0;
  for (const name of categories) {
    const both = (a.get(name) ?? 0) + (b.get(name) ?? 0);
    for (const [counts, size] of [
      [a, n],
      [b, m],
    ] as const) {
      const expected = (both * size) / (n + m);
      statistic += ((counts.get(name) ?? 0) - expected) ** 2 / expected;
      if (expected < 5) small += 1;
      if (expected < 1) tiny += 1;
    }
  }
  const degrees = categories.length - 1;
  return {
    statistic: degrees === 0 ? 0 : statistic,
    degrees,
    pValue: degrees === 0 ? 1 : chiSquareTail(statistic, degrees),
    approximationHolds: tiny === 0 && small <= 0.2 * 2 * categories.length,
  };
}

/** Sum of the counts. */
export function total(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

/** How often each value occurs, in the order of first appearance. */
export function countValues(values: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
