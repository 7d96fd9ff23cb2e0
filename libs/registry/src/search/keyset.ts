import {
  decodePageToken,
  encodePageToken,
  type OrderTerm,
  type PageKey,
  type PageKeyType,
} from '@assay/pure/mlflow-wire';
import { AppError } from '@assay/platform/http';
import type { Parameters } from './filter-clauses.js';

/** One column of a total order. `time` columns travel as milliseconds. */
export interface OrderColumn {
  readonly key: string;
  readonly sql: string;
  readonly type: 'text' | 'number' | 'time';
  readonly descending: boolean;
}

/** The caller's order, completed by the tie-breakers that make it total. */
export function totalOrder(
  asked: readonly OrderTerm[],
  columns: Readonly<Record<string, Pick<OrderColumn, 'sql' | 'type'>>>,
  tieBreakers: readonly { key: string; descending: boolean }[],
): OrderColumn[] {
  const order: OrderColumn[] = [];
  for (const { key, descending } of [...asked, ...tieBreakers]) {
    const column = columns[key];
    if (column === undefined) throw new AppError('INVALID_PARAMETER_VALUE', `Invalid order_by key '${key}' specified.`);
    if (!order.some((earlier) => earlier.key === key)) order.push({ key, descending, ...column });
  }
  return order;
}

export function orderClause(order: readonly OrderColumn[]): string {
  return order.map(({ sql, descending }) => `${sql} ${descending ? 'desc' : 'asc'}`).join(', ');
}

/** Condition for the rows after the one that a page token names; a page costs the same wherever it lies. */
export function afterToken(
  scope: string,
  token: string,
  order: readonly OrderColumn[],
  parameters: Parameters,
): string {
  const keys = keysOfToken(
    scope,
    token,
    order.map(({ type }) => (type === 'text' ? 'string' : 'number')),
  );
  const places = order.map((column, index) => place(column, keys[index], parameters));
  const alternatives = order.map((column, index) => {
    const same = order.slice(0, index).map((earlier, at) => `${earlier.sql} = ${places[at]}`);
    return [...same, `${column.sql} ${column.descending ? '<' : '>'} ${places[index]}`].join(' and ');
  });
  return `(${alternatives.map((each) => `(${each})`).join(' or ')})`;
}

/** @throws INVALID_PARAMETER_VALUE for a token of another query, or one that nobody was given. */
export function keysOfToken(scope: string, token: string, types: readonly PageKeyType[]): PageKey[] {
  const keys = decodePageToken(scope, token, types);
  if (keys !== null) return keys;
  throw new AppError('INVALID_PARAMETER_VALUE', 'Invalid page token: it is damaged or belongs to another query.');
}

function place(column: OrderColumn, value: string | number | undefined, parameters: Parameters): string {
  if (column.type !== 'time') return parameters.add(value);
  const time = new Date(Number(value));
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9999 || time.getUTCFullYear() < 0) {
    throw new AppError('INVALID_PARAMETER_VALUE', 'Invalid page token: it is damaged.');
  }
  return `${parameters.add(time.toISOString())}::timestamptz`;
}

export function tokenAfter(
  scope: string,
  order: readonly OrderColumn[],
  values: Readonly<Record<string, string | number | Date>>,
): string {
  const keys = order.map(({ key }) => {
    const value = values[key];
    if (value === undefined) throw new Error(`no value for ${key}`);
    return value instanceof Date ? value.getTime() : value;
  });
  return encodePageToken(scope, keys);
}
