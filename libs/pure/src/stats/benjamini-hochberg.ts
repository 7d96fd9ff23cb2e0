/**
 * Benjamini-Hochberg adjusted p values (q values), in the order given: q_(i) = min over j ≥ i of p_(j)·k/j, at most 1. Calling
 * everything with q ≤ α shifted keeps the expected share of false calls among all calls at α or below (independent or positively
 * dependent tests). Equal to `scipy.stats.false_discovery_control`. p values must lie in 0 … 1.
 *
 * Source: Benjamini, Hochberg, "Controlling the false discovery rate", J. Royal Statistical Society B 57 (1995).
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((pValue, place) => ({ pValue, place })).sort((a, b) => b.pValue - a.pValue);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let smallest = 1;
  order.forEach(({ pValue, place }, index) => {
    smallest = Math.min(smallest, pValue * (pValues.length / (pValues.length - index)));
    adjusted[place] = smallest;
  });
  return adjusted;
}
