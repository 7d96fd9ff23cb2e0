/** How many of all things have one property, the other, and both. */
export interface JointCounts {
  readonly total: number;
  readonly first: number;
  readonly second: number;
  readonly both: number;
}

/**
 * Normalized pointwise mutual information of two properties: ln(p(a,b) / (p(a) p(b))) / -ln p(a,b) (Bouma, 2009). 1: always together,
 * 0: independent, -1: never together. `smoothing` is added to each cell of the two-by-two table (0.5 is Jeffreys' prior). Null where one of
 * them never occurs: then nothing can be said.
 */
export function npmi({ total, first, second, both }: JointCounts, smoothing = 0): number | null {
  if (first <= 0 || second <= 0 || total <= 0) return null;
  const together = both + smoothing;
  const all = total + 4 * smoothing;
  if (together === 0) return -1;
  if (together === all) return 1;
  const joint = together / all;
  const independent = ((first + 2 * smoothing) / all) * ((second + 2 * smoothing) / all);
  return Math.min(1, Math.max(-1, Math.log(joint / independent) / -Math.log(joint)));
}
