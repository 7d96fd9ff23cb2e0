import { total } from './chi-square.js';
import type { Counts, StatTest } from './stat-test.js';

export const jensenShannon = {
  id: 'jensen-shannon',
  title: 'Jensen-Shannon distance',
  appliesTo: 'binned',
  range: [0, 1],
  unit: '√bit',
  source: 'Endres, Schindelin, "A new metric for probability distributions", IEEE Trans. Information Theory 49 (2003)',
} as const satisfies StatTest;

/**
 * Square root of the Jensen-Shannon divergence to base 2: √(½ KL(p‖m) + ½ KL(q‖m)), m the mean of both; a metric, 0 … 1, finite
 * also where bins are empty. Equal to `scipy.spatial.distance.jensenshannon(p, q, base=2)`. NaN when a sample is empty.
 */
export function jensenShannonDistance(a: Counts, b: Counts): number {
  const n = total(a);
  const m = total(b);
  if (n === 0 || m === 0) return Number.NaN;
  let divergence = 0;
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const p = (a.get(name) ?? 0) / n;
    const q = (b.get(name) ?? 0) / m;
    const mean = (p + q) / 2;
    if (p > 0) divergence += (p / 2) * Math.log2(p / mean);
    if (q > 0) divergence += (q / 2) * Math.log2(q / mean);
  }
  return Math.sqrt(Math.min(1, Math.max(0, divergence)));
}
