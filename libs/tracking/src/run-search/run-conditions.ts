import type { Comparison, ViewType } from '@assay/pure/mlflow-wire';
import type { SqlParameters } from '../search/sql-parameters.js';
import { metricTestSql, testSql } from '../search/test-sql.js';
import { runAttribute } from './run-attributes.js';

/** What a source of runs gives at hand. */
export interface AtHand {
  /** SQL of the run's number at the earliest place where it is known. */
  readonly number: string;
  /** The metric whose values the source walks along, and the SQL of its value. */
  readonly metric?: { readonly key: string; readonly value: string };
}

/**
 * The condition that a run passes a clause of the filter.
 * What was logged is looked up run by run: a subquery that yields a value, unlike EXISTS, is never turned into a join, which would read
 * everything before the first run is found.
 */
export function conditionSql(
  { entity, key, test }: Comparison,
  { number, metric }: AtHand,
  parameters: SqlParameters,
): string {
  switch (entity) {
    case 'param':
    case 'tag': {
      const table = entity === 'param' ? 'tracking.param' : 'tracking.run_tag';
      const named = `from ${table} kv where kv.run_number = ${number} and kv.key = ${parameters.add(key, 'text')}`;
      if (test.type === 'presence') return `(select true ${named}) is ${test.present ? 'not null' : 'null'}`;
      return `(select ${testSql('kv.value', test, parameters)} ${named})`;
    }
    case 'metric':
      if (metric?.key === key) return metricTestSql(metric.value, test, parameters);
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
