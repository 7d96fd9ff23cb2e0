import { csvHeader, isBlankLine } from './csv-profile.js';
import { CsvError, CsvReader } from './csv-reader.js';
import { isMissing, parseNumber } from './csv-value.js';

/** A small CSV file in memory: column names, and rows of the fields' own text. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Reads a whole CSV text with a header line; throws CsvError with the line of the first fault. */
export function parseCsv(text: string): CsvTable {
  const reader = new CsvReader();
  const [header, ...records] = [...reader.push(text), ...reader.end()];
  if (header === undefined) throw new CsvError(1, 'the file is empty; it needs a header line with column names');
  const columns = csvHeader(header);
  const rows: (readonly string[])[] = [];
  for (const record of records) {
    if (isBlankLine(record, columns.length)) continue;
    if (record.fields.length !== columns.length) {
      throw new CsvError(record.line, `${record.fields.length} fields, but the header names ${columns.length} columns`);
    }
    rows.push(record.fields);
  }
  return { columns, rows };
}

/** One column as numbers, NaN where the value is missing; throws when a present value is no number. */
export function numericColumn(table: CsvTable, name: string): Float64Array {
  const index = columnIndex(table, name);
  return Float64Array.from(table.rows, (row, at) => {
    const field = row[index] ?? '';
    if (isMissing(field)) return Number.NaN;
    const value = parseNumber(field);
    if (value === null)
      throw new RangeError(`row ${at + 1}: "${field.slice(0, 80)}" in column "${name}" is not a number`);
    return value;
  });
}

/** One column as text, null where the value is missing. */
export function textColumn(table: CsvTable, name: string): (string | null)[] {
  const index = columnIndex(table, name);
  return table.rows.map((row) => {
    const field = row[index] ?? '';
    return isMissing(field) ? null : field;
  });
}

function columnIndex(table: CsvTable, name: string): number {
  const index = table.columns.indexOf(name);
  if (index === -1) throw new RangeError(`no column "${name}"; there are: ${table.columns.join(', ').slice(0, 500)}`);
  return index;
}

/** Writes rows as RFC 4180 CSV with LF line ends; reading it again gives the same fields. */
export function writeCsv(columns: readonly string[], rows: Iterable<readonly string[]>): string {
  const lines = [columns.map(quote).join(',')];
  for (const row of rows) lines.push(row.map(quote).join(','));
  return `${lines.join('\n')}\n`;
}

function quote(field: string): string {
  return /[",\r\n\uFEFF]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
