import type { SortKey } from './keyset.js';

/** Sorts by a column that may be missing: rows without it come last in both directions. `filler` stands in for it in the page token. */
export function missingLast(sql: string, type: SortKey['type'], filler: '0' | "''", descending: boolean): SortKey[] {
  return [
    { sql: `(${sql} is null)::int`, type: 'bigint', descending: false },
    { sql: `coalesce(${sql}, ${filler})`, type, descending },
  ];
}

/** Sorts by a number that may lie beyond 2^53, which JSON of a page token would round: as a text of the same order. */
export function wholeNumber(sql: string, descending: boolean): SortKey {
  return { sql: `lpad((${sql})::text, 19, '0')`, type: 'text', descending };
}

/** Sorts by a metric as MLflow does: numbers, then NaN, then missing, whichever the direction. */
export function metricOrder(value: string, descending: boolean): SortKey[] {
  return [
    {
      sql: `case when ${value} is null then 2 when ${value} = 'NaN' then 1 else 0 end`,
      type: 'bigint',
      descending: false,
    },
    { sql: `coalesce(nullif(${value}, 'NaN'), 0)`, type: 'double precision', descending },
  ];
}
