import type { Comparison } from '@assay/pure/mlflow-wire';
import type { SqlParameters } from '../search/sql-parameters.js';
import { metricTestSql, testSql } from '../search/test-sql.js';
import { hasValueSql, keyedTable, metricKeySql } from './run-conditions.js';

/** A clause of the filter whose runs an index gives. */
export interface Candidates {
  readonly clause: Comparison;
  /** SQL of the numbers of all runs of experiment `e` that pass the clause. */
  sql(parameters: SqlParameters): string;
}

/** The clause's candidates; null where no index finds its runs. */
export function candidatesOf(clause: Comparison): Candidates | null {
  const { entity, key, test } = clause;
  if ((entity === 'param' || entity === 'tag') && test.type === 'text' && test.operator === '=') {
    return {
      clause,
      sql: (parameters) =>
        `select kv.run_number as number from ${keyedTable[entity]} kv where ${hasValueSql(key, test.value, parameters)}`,
    };
  }
  if (entity === 'metric' && test.type === 'number' && test.operator !== '!=') {
    return {
      clause,
      sql: (parameters) => `select m.run_number as number from tracking.metric_latest m
        where m.experiment_id = e.experiment_id and m.key_id = ${metricKeySql(key, parameters)} and ${metricTestSql('m.value', test, parameters)}`,
    };
  }
  if (entity === 'attribute' && key === 'run_id' && isChoice(clause)) {
    return {
      clause,
      sql: (parameters) => `select n.number from tracking.run n where ${choiceSql('n.run_id', clause, parameters)}`,
    };
  }
  if (entity === 'dataset' && (key === 'name' || key === 'digest') && isChoice(clause)) {
    return {
      clause,
      sql: (
        parameters,
      ) => `select distinct d.run_number as number from tracking.dataset s join tracking.run_dataset d on d.dataset_id = s.id
        where s.experiment_id = e.experiment_id and ${choiceSql(`s.${key}`, clause, parameters)}`,
    };
  }
  return null;
}

function isChoice({ test }: Comparison): boolean {
  return (test.type === 'text' && test.operator === '=') || (test.type === 'set' && test.operator === 'IN');
}

function choiceSql(expression: string, { test }: Comparison, parameters: SqlParameters): string {
  if (test.type === 'presence') throw new TypeError('a choice has values');
  return testSql(expression, test, parameters);
}
