import type { Comparison, ViewType } from '@assay/pure/mlflow-wire';
import type { SqlParameters } from '../search/sql-parameters.js';
import { metricTestSql, testSql } from '../search/test-sql.js';
import { runAttribute } from './run-attributes.js';

/**
 * The conditions that a run passes clauses of the filter. What is looked up run by run is asked in the order given: the planner would ask the
 * cheapest first. `number` is the SQL of the run's number at the earliest place where it is known.
 */
export function filterSql(filter: readonly Comparison[], number: string, parameters: SqlParameters): string[] {
  const sql = (clause: Comparison): string => conditionSql(clause, number, parameters);
  const known = filter.filter(({ entity }) => entity === 'attribute').map(sql);
  const [first, ...others] = filter
    .filter(({ entity }) => entity !== 'attribute')
    .map(sql)
    .toReversed();
  return first === undefined
    ? known
    : [...known, others.reduce((rest, each) => `case when ${each} then ${rest} end`, first)];
}

/**
 * The condition that a run passes a clause of the filter.
 * What was logged is looked up run by run: a subquery that yields a value, unlike EXISTS, is never turned into a join, which would read
 * everything before the first run is found.
 */
function conditionSql({ entity, key, test }: Comparison, number: string, parameters: SqlParameters): string {
  switch (entity) {
    case 'param':
    case 'tag': {
      const table = keyedTable[entity];
      if (test.type === 'text' && test.operator === '=')
        return `(select true from ${table} kv where ${hasValueSql(key, test.value, parameters)} and kv.run_number + 0 = ${number})`;
      const named = `from ${table} kv where kv.run_number = ${number} and kv.key = ${parameters.add(key, 'text')}`;
      if (test.type === 'presence') return `(select true ${named}) is ${test.present ? 'not null' : 'null'}`;
      return `(select ${testSql('kv.value', test, parameters)} ${named})`;
    }
    case 'metric':
      return `(select ${metricTestSql('m.value', test, parameters)} from tracking.metric_latest m
        where m.run_number = ${number} and m.key_id = ${metricKeySql(key, parameters)})`;
    case 'dataset':
    case 'attribute':
      if (test.type === 'presence') throw new TypeError('an attribute is always there');
      if (entity === 'attribute') return testSql(runAttribute(key).sql, test, parameters);
      return datasetSql(key, number, (expression) => testSql(expression, test, parameters));
    default:
      throw new TypeError(`runs have no ${entity}`);
  }
}

export const keyedTable = { param: 'tracking.param', tag: 'tracking.run_tag' } as const;

/**
 * That parameter or tag `kv` of experiment `e` has a value. It is found by the hash of key and value, then compared: hashes may be equal for others.
 * The index goes on with `run_number + 0`, which no other index has: it alone can find which of some runs have the value, and most that have another
 * cost no look at a row.
 */
export function hasValueSql(key: string, value: string, parameters: SqlParameters): string {
  const [named, valued] = [parameters.add(key, 'text'), parameters.add(value, 'text')];
  return `hashtextextended(kv.key || '=' || kv.value, kv.experiment_id) = hashtextextended(${named} || '=' || ${valued}, e.experiment_id)
      and kv.key = ${named} and kv.value = ${valued}`;
}

/** The short id of a metric's name; null for a name that nobody logged. */
export function metricKeySql(name: string, parameters: SqlParameters): string {
  return `(select id from tracking.metric_key where name = ${parameters.add(name, 'text')})`;
}

/** Some dataset that the run read passes; its context is a tag of that use. */
function datasetSql(key: string, number: string, condition: (expression: string) => string): string {
  const used = `from tracking.run_dataset d join tracking.dataset s on s.id = d.dataset_id`;
  if (key === 'name' || key === 'digest')
    return `(select true ${used} where d.run_number = ${number} and ${condition(`s.${key}`)} limit 1)`;
  return `(select true ${used}, jsonb_array_elements(d.tags) as tag where d.run_number = ${number}
    and tag ->> 'key' = 'mlflow.data.context' and ${condition(`(tag ->> 'value')`)} limit 1)`;
}

/** Which runs `r` of experiments `e` a view shows. */
export function stageSql(viewType: ViewType): string[] {
  if (viewType === 'ALL') return [];
  if (viewType === 'ACTIVE_ONLY') return [`r.lifecycle_stage = 'active'`, `e.lifecycle_stage = 'active'`];
  return [`(r.lifecycle_stage = 'deleted' or e.lifecycle_stage = 'deleted')`];
}
