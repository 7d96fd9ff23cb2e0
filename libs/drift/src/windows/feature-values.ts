import type { FeatureValue } from '@assay/contracts';
import { isMissing, parseNumber } from '@assay/pure/formats';

/** A column's values by row, null where missing; of a kind each. */
export type FeatureColumn =
  | { readonly kind: 'numeric'; readonly values: readonly (number | null)[] }
  | { readonly kind: 'category'; readonly values: readonly (string | null)[] };

export interface ReadColumn {
  readonly column: FeatureColumn;
  /** Values that are there but are no number, in a numeric column; they count as missing in `column`. */
  readonly wrongType: number;
}

const plainNumber = /^[+-]?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const truth = /^(?:true|false)$/i;

/** Reads values as numbers; a number spelled out in text counts, a boolean does not. */
export function numericColumn(raw: readonly (FeatureValue | undefined)[]): ReadColumn {
  let wrongType = 0;
  const values = raw.map((value) => {
    if (value === undefined || value === null || (typeof value === 'string' && isMissing(value))) return null;
    const number = typeof value === 'string' ? parseNumber(value) : typeof value === 'number' ? value : null;
    if (number === null) wrongType += 1;
    return number;
  });
  return { column: { kind: 'numeric', values }, wrongType };
}

/** Reads values as names. A number is the same category however it is spelled (`1`, `"1"`, `"1.0"`), and so is a boolean. */
export function categoryColumn(raw: readonly (FeatureValue | undefined)[]): ReadColumn {
  const values = raw.map((value) => {
    if (value === undefined || value === null) return null;
    const text = String(value);
    if (isMissing(text)) return null;
    if (truth.test(text)) return text.toLowerCase();
    return plainNumber.test(text) ? String(Number(text)) : text;
  });
  return { column: { kind: 'category', values }, wrongType: 0 };
}

/** Reads values by the kind that the monitor states. */
export function readColumn(kind: FeatureColumn['kind'], raw: readonly (FeatureValue | undefined)[]): ReadColumn {
  return kind === 'numeric' ? numericColumn(raw) : categoryColumn(raw);
}

/** The values that are there. */
export function present<Value>(values: readonly (Value | null)[]): Value[] {
  return values.filter((value) => value !== null);
}
