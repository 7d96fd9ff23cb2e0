import { countValues } from './chi-square.js';

/** A column as numbers or as categories; both columns of a pair have the same rows in the same order. */
export type Column =
  | { readonly kind: 'numeric'; readonly values: readonly number[] }
  | { readonly kind: 'category'; readonly values: readonly string[] };

/**
 * How strongly two columns go together, 0 … 1, whatever their kinds: |Spearman's ρ| for two numbers, Cramér's V for two
 * categories, the correlation ratio η of the ranks for a number and a category. 0 when a column is constant.
 */
export function association(a: Column, b: Column): number {
  if (a.kind === 'numeric' && b.kind === 'numeric') return Math.abs(spearman(a.values, b.values));
  if (a.kind === 'category' && b.kind === 'category') return cramersV(a.values, b.values);
  if (a.kind === 'numeric' && b.kind === 'category') return correlationRatio(b.values, ranks(a.values));
  if (a.kind === 'category' && b.kind === 'numeric') return correlationRatio(a.values, ranks(b.values));
  return 0;
}

/** Ranks from 1, equal values sharing their mean rank. Equal to `scipy.stats.rankdata`. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((value, place) => ({ value, place })).sort((a, b) => a.value - b.value);
  const result = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && order[end + 1]?.value === order[start]?.value) end += 1;
    for (let at = start; at <= end; at += 1) result[order[at]?.place ?? 0] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return result;
}

/** Spearman's rank correlation, −1 … 1: Pearson's on mean ranks. Equal to `scipy.stats.spearmanr`. 0 when a side is constant. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const left = ranks(a);
  const right = ranks(b);
  const middle = (left.length + 1) / 2;
  let both = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  left.forEach((rank, row) => {
    const other = (right[row] ?? middle) - middle;
    both += (rank - middle) * other;
    leftSquares += (rank - middle) ** 2;
    rightSquares += other ** 2;
  });
  return leftSquares === 0 || rightSquares === 0 ? 0 : both / Math.sqrt(leftSquares * rightSquares);
}

/**
 * Cramér's V = √(χ² / (n·min(r − 1, c − 1))), 0 … 1, without bias correction. Equal to
 * `scipy.stats.contingency.association(method='cramer')`. 0 when a side has one category.
 */
export function cramersV(a: readonly string[], b: readonly string[]): number {
  const rows = countValues(a);
  const columns = countValues(b);
  const least = Math.min(rows.size, columns.size) - 1;
  if (least < 1) return 0;
  const cells = countValues(a.map((value, row) => JSON.stringify([value, b[row]])));
  let statistic = 0;
  for (const [row, rowCount] of rows) {
    for (const [column, columnCount] of columns) {
      const expected = (rowCount * columnCount) / a.length;
      statistic += ((cells.get(JSON.stringify([row, column])) ?? 0) - expected) ** 2 / expected;
    }
  }
  return Math.sqrt(Math.min(1, statistic / (a.length * least)));
}

/** η = √(sum of squares between groups / total sum of squares), 0 … 1. 0 when the values are constant. */
export function correlationRatio(groups: readonly string[], values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sums = new Map<string, { count: number; sum: number }>();
  let all = 0;
  values.forEach((value, row) => {
    const group = groups[row] ?? '';
    const held = sums.get(group) ?? { count: 0, sum: 0 };
    sums.set(group, { count: held.count + 1, sum: held.sum + value });
    all += (value - mean) ** 2;
  });
  if (all === 0) return 0;
  let between = 0;
  for (const { count, sum } of sums.values()) between += count * (sum / count - mean) ** 2;
  return Math.sqrt(Math.min(1, between / all));
}
