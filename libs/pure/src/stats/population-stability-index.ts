import { total } from './chi-square.js';
import { chiSquareTail, chiSquareUpperPoint } from './special-functions.js';
import type { Counts, StatTest } from './stat-test.js';

export const populationStabilityIndex = {
  id: 'psi',
  title: 'Population stability index',
  appliesTo: 'binned',
  range: [0, Number.POSITIVE_INFINITY],
  unit: 'nat',
  source:
    'Yurdakul, Naranjo, "Statistical properties of the population stability index", Journal of Risk Model Validation 14 (2020)',
} as const satisfies StatTest;

/**
 * PSI = Σ (p_k − q_k)·ln(p_k / q_k) over bins, in nats; symmetric, ≥ 0. A bin that is empty on one side counts as half a row
 * there (its share is 1/(2n)), which keeps the index finite; bins empty on both sides are left out. NaN when a sample is empty.
 */
export function psi(a: Counts, b: Counts): number {
  const n = total(a);
  const m = total(b);
  if (n === 0 || m === 0) return Number.NaN;
  let sum = 0;
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const left = a.get(name) ?? 0;
    const right = b.get(name) ?? 0;
    if (left + right === 0) continue;
    const p = (left === 0 ? 0.5 : left) / n;
    const q = (right === 0 ? 0.5 : right) / m;
    sum += (p - q) * Math.log(p / q);
  }
  return sum;
}

/**
 * How often an index at least this large comes from chance alone: without a shift PSI ≈ (1/n + 1/m)·χ²(B − 1), with n and m the
 * rows and B the bins. The usual "PSI > 0.1" has a false alarm rate of 83 % at n = m = 100 and B = 10.
 * The approximation needs some five rows expected in each bin.
 */
export function psiPValue(index: number, n: number, m: number, bins: number): number {
  return bins < 2 ? 1 : chiSquareTail(index / (1 / n + 1 / m), bins - 1);
}

/** The index that chance alone exceeds with probability `alpha`: what to compare with instead of a fixed 0.1 or 0.25. */
export function psiThreshold(alpha: number, n: number, m: number, bins: number): number {
  return bins < 2 ? 0 : (1 / n + 1 / m) * chiSquareUpperPoint(alpha, bins - 1);
}
