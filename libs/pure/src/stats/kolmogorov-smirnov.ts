import { kolmogorovTail } from './special-functions.js';
import type { StatTest, TestResult } from './stat-test.js';

export const kolmogorovSmirnov = {
  id: 'kolmogorov-smirnov',
  title: 'Two-sample Kolmogorov-Smirnov',
  appliesTo: 'numeric',
  range: [0, 1],
  unit: '1',
  source: 'Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för Matematik 3 (1958)',
} as const satisfies StatTest;

/**
 * Largest distance between the two empirical distribution functions: D = max |F_a(x) − F_b(x)|. Symmetric, 0 … 1, free of the
 * unit of the values. NaN when a sample is empty.
 */
export function ksDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const left = Float64Array.from(a).sort();
  const right = Float64Array.from(b).sort();
  let i = 0;
  let j = 0;
  let largest = 0;
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i] ?? 0, right[j] ?? 0);
    while (i < left.length && (left[i] ?? 0) <= value) i += 1;
    while (j < right.length && (right[j] ?? 0) <= value) j += 1;
    // counts before the division: equal samples of unequal size must give an exact 0
    largest = Math.max(largest, Math.abs(i * right.length - j * left.length));
  }
  return largest / (left.length * right.length);
}

/** Largest n·m for which the path count is done: about 0.1 s. */
const exactUpTo = 1e7;

/**
 * Two-sided two-sample KS test. The p value is exact (lattice paths) up to n·m = 10^7, then Kolmogorov's limit at
 * √(nm/(n+m))·D. Equal to `scipy.stats.ks_2samp(method='exact')` and to `scipy.stats.kstwobign.sf`. With ties the p value is
 * conservative (never too small): use a permutation where that matters.
 */
export function ksTest(a: readonly number[], b: readonly number[]): TestResult {
  const statistic = ksDistance(a, b);
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return { statistic, pValue: Number.NaN, method: 'exact' };
  if (n * m <= exactUpTo) return { statistic, pValue: pathsOutside(n, m, statistic), method: 'exact' };
  return { statistic, pValue: kolmogorovTail(Math.sqrt((n * m) / (n + m)) * statistic), method: 'asymptotic' };
}

/**
 * P(D ≥ d) when all orders of the pooled sample are equally likely: the share of lattice paths from (0,0) to (n,m) that
 * somewhere reach |i/n − j/m| ≥ d. Counts the outside, so a small p value keeps its digits.
 */
function pathsOutside(n: number, m: number, d: number): number {
  const reach = Math.round(d * n * m);
  if (reach === 0) return 1;
  const row = new Float64Array(m + 1);
  for (let i = 0; i <= n; i += 1) {
    for (let j = 0; j <= m; j += 1) {
      if (Math.abs(i * m - j * n) >= reach) row[j] = 1;
      else if (i === 0 && j === 0) row[j] = 0;
      else row[j] = (i * (i === 0 ? 0 : (row[j] ?? 0)) + j * (j === 0 ? 0 : (row[j - 1] ?? 0))) / (i + j);
    }
  }
  return Math.min(1, row[m] ?? 1);
}
