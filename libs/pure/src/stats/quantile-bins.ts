import { quantile } from '../ml/bootstrap.js';

/**
 * Inner edges of at most `bins` bins of about equal count in the reference: the quantiles 1/bins … (bins−1)/bins (linear
 * interpolation, as numpy), equal ones merged. Heavy ties give fewer bins; a constant gives one edge or none.
 */
export function quantileEdges(reference: readonly number[], bins: number): number[] {
  const ascending = [...reference].sort((a, b) => a - b);
  const largest = ascending.at(-1);
  const edges: number[] = [];
  for (let bin = 1; bin < bins; bin += 1) {
    const edge = quantile(ascending, bin / bins);
    if (Number.isFinite(edge) && edge !== edges.at(-1) && edge !== largest) edges.push(edge);
  }
  return edges;
}

/** Bin of a value: 0 up to and with the first edge, then one more per edge passed. Outer bins are open. */
export function binOf(value: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (edges[middle] ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Counts of all `edges.length + 1` bins, empty ones with 0. */
export function binCounts(values: readonly number[], edges: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let bin = 0; bin <= edges.length; bin += 1) counts.set(String(bin), 0);
  for (const value of values) {
    const bin = String(binOf(value, edges));
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return counts;
}
