import { decodePageToken, encodePageToken, type PageKey } from '@assay/pure/mlflow-wire';
import { AppError } from '@assay/platform/http';
import type { SqlParameters } from './sql-parameters.js';

/** One part of a sort order: never null, so that pages can be cut at any row. */
export interface SortKey {
  readonly sql: string;
  readonly type: 'text' | 'bigint' | 'double precision';
  readonly descending: boolean;
  /** The same for every row of this source; it only places the source among others in the token. */
  readonly constant?: boolean;
}

const tokenTypes = { text: 'string', bigint: 'integer', 'double precision': 'number' } as const;

/** `order by` list of a sort order; texts in code point order. */
export function orderBySql(keys: readonly SortKey[]): string {
  return keys.map((key) => `${comparable(key)} ${key.descending ? 'desc' : 'asc'}`).join(', ');
}

/** The condition that a row comes after the one with the given key values. */
export function afterSql(keys: readonly SortKey[], values: readonly PageKey[], parameters: SqlParameters): string {
  const places = keys.map((key, place) => parameters.add(values[place], key.type));
  const alternatives = keys.map((key, place) => {
    const equal = keys.slice(0, place).map((before, index) => `${comparable(before)} = ${places[index]}`);
    return [...equal, `${comparable(key)} ${key.descending ? '<' : '>'} ${places[place]}`].join(' and ');
  });
  return `(${alternatives.map((alternative) => `(${alternative})`).join(' or ')})`;
}

/** Columns that give the key values of each row back, as a JSON array named `page_key`. */
export function pageKeySql(keys: readonly SortKey[]): string {
  return `json_build_array(${keys.map((key) => key.sql).join(', ')}) as page_key`;
}

/** Where a page starts: null for the first one. */
export function readToken(scope: string, keys: readonly SortKey[], token: string | undefined): PageKey[] | null {
  if (token === undefined || token === '') return null;
  const values = decodePageToken(
    scope,
    token,
    keys.map((key) => tokenTypes[key.type]),
  );
  if (values === null)
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      'Invalid page token: take it from the previous answer, and repeat the same query.',
    );
  return values;
}

/** The token of the page behind the row with these key values. */
export function encodePage(scope: string, last: readonly PageKey[]): string {
  return encodePageToken(scope, last);
}

/** Cuts the one row too many off and makes the token of the next page from the last row kept. */
export function cutPage<Row extends { page_key: PageKey[] }>(
  scope: string,
  rows: readonly Row[],
  size: number,
): { rows: Row[]; nextPageToken: string | null } {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    rows: page,
    nextPageToken: rows.length > size && last !== undefined ? encodePage(scope, last.page_key) : null,
  };
}

function comparable(key: SortKey): string {
  return key.type === 'text' ? `(${key.sql}) collate "C"` : `(${key.sql})`;
}
