import type { SortKey } from './keyset.js';

/** Sorts by a column that may be missing: rows without it come last in both directions. `filler` stands in for it in the page token. */
export function missingLast(sql: string, type: SortKey['type'], filler: '0' | "''", descending: boolean): SortKey[] {
  return [
    { sql: `(${sql} is null)::int`, type: 'bigint', descending: false },
    { sql: `coalesce(${sql}, ${filler})`, type, descending },
  ];
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
