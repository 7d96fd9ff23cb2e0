import type { Test } from '@assay/pure/mlflow-wire';
import type { SqlParameters } from './sql-parameters.js';

type ValueTest = Exclude<Test, { type: 'presence' }>;

/** The SQL condition that a value expression passes a filter's test. LIKE has no escape character, as in MLflow. */
export function testSql(expression: string, test: ValueTest, parameters: SqlParameters): string {
  switch (test.type) {
    case 'number': {
      const value = Number.isSafeInteger(test.value)
        ? parameters.add(test.value, 'bigint')
        : parameters.add(String(test.value), 'numeric');
      return `${expression} ${test.operator} ${value}`;
    }
    case 'text': {
      const value = parameters.add(test.value, 'text');
      if (test.operator === '=' || test.operator === '!=') return `${expression} ${test.operator} ${value}`;
      if (test.operator === 'RLIKE') return `${expression} ~ ${value}`;
      return `${expression} ${test.operator} ${value} escape ''`;
    }
    case 'set': {
      const values = parameters.add(test.values, 'text[]');
      return test.operator === 'IN' ? `${expression} = any(${values})` : `${expression} <> all(${values})`;
    }
  }
}

/** The condition on a metric's value: NaN differs from everything and compares with nothing. */
export function metricTestSql(expression: string, test: Test, parameters: SqlParameters): string {
  if (test.type !== 'number') throw new TypeError('a metric is compared with numbers only');
  const value = parameters.add(test.value, 'double precision');
  if (test.operator === '!=') return `${expression} <> ${value}`;
  return `(${expression} <> 'NaN' and ${expression} ${test.operator} ${value})`;
}

/** The condition on a table of keys and values (tags, parameters) that hangs on `owner`. */
export function keyedTestSql(table: string, owner: string, key: string, test: Test, parameters: SqlParameters): string {
  const named = `select from ${table} kv where ${owner} and kv.key = ${parameters.add(key, 'text')}`;
  if (test.type === 'presence') return `${test.present ? 'exists' : 'not exists'} (${named})`;
  return `exists (${named} and ${testSql('kv.value', test, parameters)})`;
}
