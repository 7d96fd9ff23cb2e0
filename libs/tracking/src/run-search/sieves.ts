import type { Comparison } from '@assay/pure/mlflow-wire';
import type { SqlParameters } from '../search/sql-parameters.js';
import { metricTestSql, testSql } from '../search/test-sql.js';
import { hasValueSql, keyedTable, metricKeySql } from './run-conditions.js';

/** A clause that is asked of many runs at once: one look into an index, which meets the runs in the order of their numbers. */
export interface Sieve {
  readonly clause: Comparison;
  /** SQL of the numbers that pass, of an array of numbers; `asked` are the experiments. */
  sql(numbers: string, parameters: SqlParameters): string;
}

/** The clause as a sieve; null where it isn't about something that was logged and must be there. */
export function sieveOf(clause: Comparison): Sieve | null {
  const { entity, key, test } = clause;
  if (entity === 'metric') {
    return {
      clause,
      sql: (numbers, parameters) => `select m.run_number as number from tracking.metric_latest m
        where m.run_number = any(${numbers}) and m.key_id = ${metricKeySql(key, parameters)} and ${metricTestSql('m.value', test, parameters)}`,
    };
  }
  if ((entity !== 'param' && entity !== 'tag') || (test.type === 'presence' && !test.present)) return null;
  const table = keyedTable[entity];
  if (test.type === 'text' && test.operator === '=') {
    return {
      clause,
      sql: (numbers, parameters) => `select kv.number from asked e cross join lateral (
        select kv.run_number as number from ${table} kv
        where ${hasValueSql(key, test.value, parameters)} and kv.run_number + 0 = any(${numbers}) offset 0) kv`,
    };
  }
  return {
    clause,
    sql: (numbers, parameters) => {
      const named = `kv.run_number = any(${numbers}) and kv.key = ${parameters.add(key, 'text')}`;
      const passing = test.type === 'presence' ? 'true' : testSql('kv.value', test, parameters);
      return `select kv.run_number as number from ${table} kv where ${named} and ${passing}`;
    },
  };
}
