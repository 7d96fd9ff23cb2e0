/**
 * KS distance between values taken with the given weights and the same values taken alike: the effect that drawing with these
 * weights has in the limit of many draws. Weights are ≥ 0 and need not sum to 1.
 */
export function weightedKsDistance(values: readonly number[], weights: readonly number[]): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const order = values.map((value, row) => ({ value, weight: weights[row] ?? 0 })).sort((a, b) => a.value - b.value);
  let weighted = 0;
  let largest = 0;
  order.forEach(({ value, weight }, index) => {
    weighted += weight / all;
    if (order[index + 1]?.value !== value) largest = Math.max(largest, Math.abs(weighted - (index + 1) / order.length));
  });
  return largest;
}

/** Total variation distance between categories taken with the given weights and the same categories taken alike. */
export function weightedTotalVariation(values: readonly string[], weights: readonly number[]): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const differences = new Map<string, number>();
  values.forEach((value, row) => {
    differences.set(value, (differences.get(value) ?? 0) + (weights[row] ?? 0) / all - 1 / values.length);
  });
  let sum = 0;
  for (const difference of differences.values()) sum += Math.abs(difference);
  return sum / 2;
}
