import type { Comparison, Test } from '@assay/pure/mlflow-wire';
import type { SqlParameters } from '../search/sql-parameters.js';
import { testSql } from '../search/test-sql.js';
import { traceKeys } from './trace.js';

const attributes: Readonly<Record<string, string>> = {
  request_id: 't.trace_id',
  timestamp_ms: 't.request_time_ms',
  execution_time_ms: 't.duration_ms',
  end_time_ms: '(t.request_time_ms + coalesce(t.duration_ms, 0))',
  status: 't.state',
  client_request_id: 't.client_request_id',
};

const attributePrefix = 'attributes.';

/** All that is text of a span, as `span.content` and `text` search it. */
const spanText = `concat_ws(' ', s.name, s.status_message, s.attributes::text, s.events::text)`;

/** What an attribute's value looks like as text: scalars bare, lists and maps as JSON. */
const attributeText = `coalesce(a -> 'value' ->> 'string_value', a -> 'value' ->> 'int_value', a -> 'value' ->> 'double_value', a -> 'value' ->> 'bool_value', (a -> 'value')::text)`;

/** The SQL conditions of a filter on a trace `t`. Everything that is asked of spans must hold for one and the same span. */
export function conditionsSql(filter: readonly Comparison[], parameters: SqlParameters): string[] {
  const ofSpan = filter.filter(isSpanComparison).map((each) => spanSql(each, parameters));
  const others = filter.filter((each) => !isSpanComparison(each)).map((each) => conditionSql(each, parameters));
  return ofSpan.length === 0
    ? others
    : [...others, `exists (select from tracking.span s where s.trace_id = t.trace_id and ${ofSpan.join(' and ')})`];
}

function isSpanComparison({ entity, key }: Comparison): boolean {
  return entity === 'span' || (entity === 'attribute' && key === 'text');
}

function conditionSql(comparison: Comparison, parameters: SqlParameters): string {
  const { entity, key, test } = comparison;
  switch (entity) {
    case 'tag':
      return key === traceKeys.linkedPrompts ? promptSql(test, parameters) : mapSql('t.tags', key, test, parameters);
    case 'metadata':
      if (key === traceKeys.sourceRun) return runSql(test, parameters);
      return key === traceKeys.session ? sessionSql(test, parameters) : mapSql('t.metadata', key, test, parameters);
    case 'feedback':
    case 'expectation':
      return assessmentSql(entity, key, test, parameters);
    case 'issue':
      return `exists (select from tracking.assessment a where a.trace_id = t.trace_id and a.kind = 'issue' and ${testSql('a.name', valued(test), parameters)})`;
    default:
      return attributeSql(comparison, parameters);
  }
}

function attributeSql({ key, test }: Comparison, parameters: SqlParameters): string {
  if (key === 'name') return mapSql('t.tags', traceKeys.name, test, parameters);
  if (key === 'run_id') return runSql(test, parameters);
  if (key === 'prompt') return promptSql(test, parameters);
  const sql = attributes[key];
  if (sql === undefined) throw new TypeError(`traces have no attribute ${key}`);
  return testSql(sql, valued(test), parameters);
}

function mapSql(column: string, key: string, test: Test, parameters: SqlParameters): string {
  const name = parameters.add(key, 'text');
  if (test.type === 'presence') return test.present ? `${column} ? ${name}` : `not ${column} ? ${name}`;
  if (column === 't.tags' && test.type === 'text' && test.operator === '=')
    return `t.tags @> jsonb_build_object(${name}, ${parameters.add(test.value, 'text')})`; // what the index on tags knows
  return testSql(`(${column} ->> ${name})`, test, parameters);
}

/** As any metadata, but by its literal name, so that the index on it is found. */
function sessionSql(test: Test, parameters: SqlParameters): string {
  const has = `t.metadata ? '${traceKeys.session}'`;
  if (test.type === 'presence') return test.present ? has : `not ${has}`;
  return `(${has} and ${testSql(`(t.metadata ->> '${traceKeys.session}')`, test, parameters)})`;
}

/** A trace belongs to the run that its client was in, and to every run that it was linked to later. */
function runSql(test: Test, parameters: SqlParameters): string {
  if (test.type !== 'text' || test.operator !== '=') return mapSql('t.metadata', traceKeys.sourceRun, test, parameters);
  const run = parameters.add(test.value, 'text');
  return `t.trace_id in (select l.trace_id from tracking.trace_link l where l.kind = 'run' and l.target = ${run}
    union all select r.trace_id from tracking.trace r where r.metadata ? '${traceKeys.sourceRun}' and r.metadata ->> '${traceKeys.sourceRun}' = ${run})`;
}

/** Versions of prompts are named `name/version`. */
function promptSql(test: Test, parameters: SqlParameters): string {
  return `t.trace_id in (select l.trace_id from tracking.trace_link l where l.kind = 'prompt' and ${testSql('l.target', valued(test), parameters)})`;
}

function spanSql({ key, test }: Comparison, parameters: SqlParameters): string {
  if (key.startsWith(attributePrefix)) {
    const name = parameters.add(key.slice(attributePrefix.length), 'text');
    return `exists (select from jsonb_array_elements(s.attributes) a where a ->> 'key' = ${name} and ${testSql(attributeText, valued(test), parameters)})`;
  }
  const columns: Readonly<Record<string, string>> = {
    name: 's.name',
    type: 's.type',
    status: 's.status',
    content: spanText,
    text: spanText,
  };
  const sql = columns[key];
  if (sql === undefined) throw new TypeError(`spans have no field ${key}`);
  return testSql(sql, valued(test), parameters);
}

/** What was said of the trace itself, or of the whole session that it belongs to. */
function assessmentSql(kind: 'feedback' | 'expectation', name: string, test: Test, parameters: SqlParameters): string {
  const said = `a.kind = '${kind}' and a.name = ${parameters.add(name, 'text')} and a.valid${valueSql(test, parameters)}`;
  const session = `metadata ->> '${traceKeys.session}'`;
  const found = `(exists (select from tracking.assessment a where a.trace_id = t.trace_id and ${said})
    or (t.metadata ? '${traceKeys.session}' and exists (select from tracking.trace o join tracking.assessment a on a.trace_id = o.trace_id
      where o.experiment_id = t.experiment_id and o.metadata ? '${traceKeys.session}' and o.${session} = t.${session} and a.metadata ? '${traceKeys.session}' and ${said})))`;
  return test.type === 'presence' && !test.present ? `not ${found}` : found;
}

/** Values are JSON text: a text is compared with what is between the quotes, or with a bare number (`42.0` is 42) or truth value. */
function valueSql(test: Test, parameters: SqlParameters): string {
  if (test.type === 'presence') return '';
  if (test.type === 'number') return ` and ${testSql('a.number', test, parameters)}`;
  if (test.type === 'text' && (test.operator === '=' || test.operator === '!=')) {
    const number = Number(test.value === '' ? Number.NaN : test.value);
    const forms = [test.value, JSON.stringify(test.value), ...(Number.isFinite(number) ? [String(number)] : [])];
    const values = parameters.add(forms, 'text[]');
    return test.operator === '=' ? ` and a.value = any(${values})` : ` and a.value <> all(${values})`;
  }
  return ` and ${testSql('a.value', test, parameters)}`;
}

function valued(test: Test): Exclude<Test, { type: 'presence' }> {
  if (test.type === 'presence') throw new TypeError('this is always there');
  return test;
}
