/** What all present values of a column have in common, from the narrowest to the widest. */
export type ColumnType = 'boolean' | 'integer' | 'number' | 'date' | 'string';

/** Texts that mean "no value". A data set with its own code for it (`?`, `-999`) keeps that as a value. */
const MISSING = new Set(['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL']);

const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const BOOLEAN = new Set(['true', 'false', 'True', 'False', 'TRUE', 'FALSE']);

/** Whether a field holds no value. */
export function isMissing(field: string): boolean {
  return MISSING.has(field.trim());
}

/** Beyond this a column's sum of squares could overflow; no measured quantity comes near it. */
const LARGEST = 1e150;

/** The number that a field spells in plain decimal notation, or null; never hexadecimal, never beyond ±1e150. */
export function parseNumber(field: string): number | null {
  const text = field.trim();
  if (!NUMBER.test(text)) return null;
  const value = Number(text);
  return Math.abs(value) <= LARGEST ? value : null;
}

function isDate(text: string): boolean {
  const parts = DATE.exec(text);
  if (parts === null) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Narrows a column's type value by value; a column without any value is a string. */
export class TypeInference {
  #boolean = true;
  #integer = true;
  #number = true;
  #date = true;
  #seen = false;

  /** Takes one present (not missing) field. */
  add(field: string): void {
    const text = field.trim();
    this.#seen = true;
    this.#boolean &&= BOOLEAN.has(text);
    this.#integer &&= INTEGER.test(text) && Number.isSafeInteger(Number(text));
    this.#number &&= parseNumber(text) !== null;
    this.#date &&= isDate(text);
  }

  /** Whether every value so far is a number: only then numeric statistics are worth keeping. */
  get numeric(): boolean {
    return this.#number;
  }

  get type(): ColumnType {
    if (!this.#seen) return 'string';
    if (this.#boolean) return 'boolean';
    if (this.#integer) return 'integer';
    if (this.#number) return 'number';
    return this.#date ? 'date' : 'string';
  }
}
