import { total } from './chi-square.js';
import type { Counts, StatTest } from './stat-test.js';

export const totalVariation = {
  id: 'total-variation',
  title: 'Total variation distance',
  appliesTo: 'category',
  range: [0, 1],
  unit: '1',
  source: 'Levin, Peres, Wilmer, Markov Chains and Mixing Times, §4.1',
} as const satisfies StatTest;

/**
 * Half the sum of the absolute differences of the shares: TV = ½ Σ |p_k − q_k|, 0 … 1: the share of rows that would have to
 * change their category. Symmetric. Estimated from samples it is biased upwards when categories are many and rows few. NaN when
 * a sample is empty.
 */
export function totalVariationDistance(a: Counts, b: Counts): number {
  const n = total(a);
  const m = total(b);
  if (n === 0 || m === 0) return Number.NaN;
  let sum = 0;
  for (const name of new Set([...a.keys(), ...b.keys()]))
    sum += Math.abs((a.get(name) ?? 0) / n - (b.get(name) ?? 0) / m);
  return Math.min(1, sum / 2);
}
