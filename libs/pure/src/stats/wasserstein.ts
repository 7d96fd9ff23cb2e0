import type { StatTest } from './stat-test.js';

export const wassersteinNormed = {
  id: 'wasserstein-normed',
  title: 'Wasserstein distance in standard deviations of the reference',
  appliesTo: 'numeric',
  range: [0, Number.POSITIVE_INFINITY],
  unit: 'standard deviation',
  source: 'Villani, Optimal Transport, ch. 6; on the line W₁ = ∫ |F_a − F_b| (Vallender 1974)',
} as const satisfies StatTest;

/**
 * W₁ = ∫ |F_a(x) − F_b(x)| dx, in the unit of the values: how far the mass has to be moved. Symmetric. Equal to
 * `scipy.stats.wasserstein_distance`. NaN when a sample is empty.
 */
export function wassersteinDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const left = Float64Array.from(a).sort();
  const right = Float64Array.from(b).sort();
  const all = new Float64Array(left.length + right.length);
  all.set(left);
  all.set(right, left.length);
  all.sort();
  let i = 0;
  let j = 0;
  let sum = 0;
  for (let place = 0; place + 1 < all.length; place += 1) {
    const value = all[place] ?? 0;
    while (i < left.length && (left[i] ?? 0) <= value) i += 1;
    while (j < right.length && (right[j] ?? 0) <= value) j += 1;
    sum += Math.abs(i / left.length - j / right.length) * ((all[place + 1] ?? 0) - value);
  }
  return sum;
}

/**
 * The distance divided by the reference's standard deviation (divisor n), so that features compare. Not symmetric. A constant
 * reference gives 0 when nothing moved, else Infinity.
 */
export function wassersteinNormedDistance(reference: readonly number[], current: readonly number[]): number {
  const distance = wassersteinDistance(reference, current);
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  const variance = reference.reduce((sum, value) => sum + (value - mean) ** 2, 0) / reference.length;
  if (distance === 0) return 0;
  return distance / Math.sqrt(variance);
}
