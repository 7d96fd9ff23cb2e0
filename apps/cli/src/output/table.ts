export type Cell = string | number | boolean | null | undefined;

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => Cell;
  /** Numbers read better when their ends meet. */
  readonly align?: 'left' | 'right';
}

/** Rows as aligned text with a header line; without rows, the sentence in `empty`. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], empty = 'None.'): string {
  if (rows.length === 0) return `${empty}\n`;
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => width(line[index] ?? ''))),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return `${[line(columns.map((column) => column.title.toUpperCase())), ...cells.map(line)].join('\n')}\n`;
}

/** Names and values under each other. */
export function fields(values: Readonly<Record<string, Cell>>): string {
  const longest = Math.max(0, ...Object.keys(values).map((name) => name.length));
  return Object.entries(values)
    .map(([name, value]) => `${pad(name, longest, 'left')}  ${cellText(value)}`.trimEnd())
    .map((text) => `${text}\n`)
    .join('');
}

/** What stands in a cell. A terminal must not be steered by a name, so control characters are shown, not sent. */
export function cellText(value: Cell): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return numberText(value);
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is replaced
  return String(value).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '·');
}

/** Sentences that may repeat what a server said: as in a cell, but lines stay lines. */
export function linesText(text: string): string {
  return text.split('\n').map(cellText).join('\n');
}

/** Whole numbers as they are, others with four decimals, very small ones with their power of ten. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(4);
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, to: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, to - width(text)));
  return align === 'right' ? space + text : text + space;
}
