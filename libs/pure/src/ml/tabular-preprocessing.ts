import type { TabularColumn, TabularPreprocessing } from '@assay/contracts';
import { isMissing as isMissingText, parseNumber } from '../formats/index.js';
import { quantile } from './bootstrap.js';

/** A cell as a CSV file or a JSON body gives it; a text that spells no value (empty, `NA`, …), null and undefined mean missing. */
export type Cell = string | number | boolean | null | undefined;
export type TableRow = Readonly<Record<string, Cell>>;

export interface FitTabularOptions {
  readonly target: string;
  readonly positive: string;
  /** Columns that are no input: ids, the split, the protected attributes that the model must not read. */
  readonly exclude?: readonly string[];
  /** Columns to take as categories although their values look like numbers. */
  readonly categorical?: readonly string[];
}

/** A row that cannot be turned into numbers; says which column and value. */
export class TabularValueError extends Error {
  constructor(
    readonly column: string,
    readonly value: Cell,
    expected: string,
  ) {
    super(`column '${column}' holds '${String(value)}', expected ${expected}`);
    this.name = 'TabularValueError';
  }
}

/**
 * Learns the preprocessing from training rows: a column whose present values all read as finite numbers is standardised
 * (mean 0, population deviation 1; missing cells take the median), any other becomes one-hot with a last bucket for unseen
 * and missing values.
 */
export function fitTabular(rows: readonly TableRow[], options: FitTabularOptions): TabularPreprocessing {
  const left = new Set([options.target, ...(options.exclude ?? [])]);
  const names = Object.keys(rows[0] ?? {});
  if (!names.includes(options.target)) throw new RangeError(`no column '${options.target}' among ${names.join(', ')}`);
  const categorical = new Set(options.categorical ?? []);
  const columns = names.filter((name) => !left.has(name)).map((name) => fitColumn(rows, name, categorical.has(name)));
  return { format: 'assay.tabular-preprocessing.v1', target: options.target, positive: options.positive, columns };
}

/** Number of inputs that the preprocessing gives for a row. */
export function tabularWidth({ columns }: TabularPreprocessing): number {
  return columns.reduce((sum, column) => sum + columnWidth(column), 0);
}

/** Names of the inputs in order, for explanations: the column, or `column=category`. */
export function tabularInputNames({ columns }: TabularPreprocessing): string[] {
  return columns.flatMap((column) => {
    if (column.kind === 'categorical')
      return [...column.categories.map((category) => `${column.name}=${category}`), `${column.name}=(other)`];
    return column.indicatesMissing ? [column.name, `${column.name}=(missing)`] : [column.name];
  });
}

/** Turns rows into one flat row-major matrix of `rows.length × tabularWidth`. Never reads the target. */
export function applyTabular(preprocessing: TabularPreprocessing, rows: readonly TableRow[]): Float32Array {
  const width = tabularWidth(preprocessing);
  const matrix = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    let offset = index * width;
    for (const column of preprocessing.columns) {
      writeCell(matrix, offset, column, row[column.name]);
      offset += columnWidth(column);
    }
  });
  return matrix;
}

/** Labels of rows as 0 or 1; a missing target is an error, because a row without a label cannot be learned from. */
export function tabularLabels(
  { target, positive }: Pick<TabularPreprocessing, 'target' | 'positive'>,
  rows: readonly TableRow[],
): number[] {
  return rows.map((row) => {
    const value = row[target];
    if (isMissing(value)) throw new TabularValueError(target, value, 'a label');
    return String(value) === positive ? 1 : 0;
  });
}

function fitColumn(rows: readonly TableRow[], name: string, categorical: boolean): TabularColumn {
  const cells = rows.map((row) => row[name]);
  const present = cells.filter((cell) => !isMissing(cell));
  const numbers = present.map(toNumber);
  if (categorical || present.length === 0 || numbers.some((value) => value === null)) {
    return { kind: 'categorical', name, categories: [...new Set(present.map(String))].sort() };
  }
  const values = numbers.filter((value) => value !== null).sort((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return {
    kind: 'numeric',
    name,
    mean,
    scale: deviation > 0 ? deviation : 1,
    fill: quantile(values, 0.5),
    indicatesMissing: present.length < cells.length,
  };
}

function writeCell(matrix: Float32Array, offset: number, column: TabularColumn, cell: Cell): void {
  const missing = isMissing(cell);
  if (column.kind === 'categorical') {
    const place = missing ? -1 : column.categories.indexOf(String(cell));
    matrix[offset + (place < 0 ? column.categories.length : place)] = 1;
    return;
  }
  const value = missing ? column.fill : toNumber(cell);
  if (value === null) throw new TabularValueError(column.name, cell, 'a number');
  matrix[offset] = (value - column.mean) / column.scale;
  if (column.indicatesMissing && missing) matrix[offset + 1] = 1;
}

function columnWidth(column: TabularColumn): number {
  if (column.kind === 'categorical') return column.categories.length + 1;
  return column.indicatesMissing ? 2 : 1;
}

function isMissing(cell: Cell): boolean {
  return cell === undefined || cell === null || (typeof cell === 'string' && isMissingText(cell));
}

function toNumber(cell: Cell): number | null {
  if (typeof cell === 'string') return parseNumber(cell);
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : null;
}
