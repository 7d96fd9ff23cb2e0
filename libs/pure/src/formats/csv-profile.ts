import { ColumnProfiler, type ColumnProfile } from './column-profile.js';
import { CsvError, CsvReader, type CsvRecord } from './csv-reader.js';

/** What a CSV file holds: its columns in file order, each with type and distribution. */
export interface CsvProfile {
  readonly rowCount: number;
  readonly columns: readonly ColumnProfile[];
}

export interface CsvProfileLimits {
  readonly maxColumns: number;
  readonly maxRows: number;
}

const MAX_COLUMN_NAME = 250;
const TOP_CATEGORIES = 50;
/** Values kept for quantiles and distinct counts over all columns together: bounds memory, not accuracy of a normal file. */
const SAMPLE_BUDGET = 2_000_000;
const DISTINCT_BUDGET = 500_000;

/** Profiles a CSV file with a header line, piece by piece. */
export class CsvProfiler {
  readonly #reader: CsvReader;
  readonly #limits: CsvProfileLimits;
  #columns: ColumnProfiler[] | null = null;
  #rowCount = 0;

  constructor(limits: CsvProfileLimits = { maxColumns: 1_000, maxRows: 10_000_000 }) {
    this.#limits = limits;
    this.#reader = new CsvReader({ maxFields: limits.maxColumns + 1 });
  }

  /** Line that is being read. */
  get line(): number {
    return this.#reader.line;
  }

  /** Takes the next piece of the file; throws CsvError at the first faulty line. */
  push(text: string): void {
    for (const record of this.#reader.push(text)) this.#take(record);
  }

  finish(): CsvProfile {
    for (const record of this.#reader.end()) this.#take(record);
    if (this.#columns === null) throw new CsvError(1, 'the file is empty; it needs a header line with column names');
    if (this.#rowCount === 0) throw new CsvError(2, 'there is no data row after the header');
    return { rowCount: this.#rowCount, columns: this.#columns.map((column) => column.finish()) };
  }

  #take(record: CsvRecord): void {
    if (this.#columns === null) {
      this.#columns = this.#openColumns(record);
      return;
    }
    if (isBlankLine(record, this.#columns.length)) return;
    if (record.fields.length !== this.#columns.length) {
      throw new CsvError(
        record.line,
        `${record.fields.length} fields, but the header names ${this.#columns.length} columns`,
      );
    }
    this.#rowCount += 1;
    if (this.#rowCount > this.#limits.maxRows) {
      throw new CsvError(record.line, `more than ${this.#limits.maxRows} rows`);
    }
    for (const [index, column] of this.#columns.entries()) column.add(record.fields[index] ?? '');
  }

  #openColumns(header: CsvRecord): ColumnProfiler[] {
    const names = csvHeader(header);
    if (names.length > this.#limits.maxColumns) {
      throw new CsvError(header.line, `more than ${this.#limits.maxColumns} columns`);
    }
    const limits = {
      maxDistinct: Math.max(500, Math.min(50_000, Math.floor(DISTINCT_BUDGET / names.length))),
      sampleSize: Math.max(2_000, Math.min(500_000, Math.floor(SAMPLE_BUDGET / names.length))),
      topCategories: TOP_CATEGORIES,
    };
    return names.map((name) => new ColumnProfiler(name, limits));
  }
}

/** Column names of a header record, trimmed; each must be present, unique and printable. */
export function csvHeader(header: CsvRecord): string[] {
  const names = header.fields.map((name) => name.trim());
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === '') throw new CsvError(header.line, `column ${index + 1} has no name`);
    if (name.length > MAX_COLUMN_NAME) {
      throw new CsvError(header.line, `the name of column ${index + 1} is longer than ${MAX_COLUMN_NAME} characters`);
    }
    if (/\p{Cc}/u.test(name))
      throw new CsvError(header.line, `the name of column ${index + 1} holds a control character`);
    if (seen.has(name)) throw new CsvError(header.line, `two columns are named "${name}"`);
    seen.add(name);
  }
  return names;
}

/** A line without any text is no row, except in a one-column file, where it is a missing value. */
export function isBlankLine(record: CsvRecord, columns: number): boolean {
  return columns > 1 && record.fields.length === 1 && record.fields[0] === '';
}
