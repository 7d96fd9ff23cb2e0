import type { Tx } from '@assay/platform/database';
import type { Comparison, LoggedModelOrder, PageKey } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { afterSql, cutPage, orderBySql, pageKeySql, readToken, type SortKey } from '../search/keyset.js';
import { metricOrder, missingLast } from '../search/sort-rules.js';
import { SqlParameters } from '../search/sql-parameters.js';
import { keyedTestSql, metricTestSql, testSql } from '../search/test-sql.js';
import type { LoggedModelDetail } from './logged-model.js';
import { loggedModelColumns, type LoggedModelRow, toLoggedModelDetail } from './logged-model-columns.js';

export interface MeasuredOn {
  readonly name: string;
  readonly digest: string | undefined;
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly string[];
  readonly filter: readonly Comparison[];
  readonly datasets: readonly MeasuredOn[];
  readonly orderBy: readonly LoggedModelOrder[];
  readonly size: number;
  readonly pageToken: string | undefined;
}

@Injectable()
export class LoggedModelSearchStore {
  async search(
    tx: Tx,
    workspace: string,
    search: LoggedModelSearch,
  ): Promise<{ models: LoggedModelDetail[]; nextPageToken: string | null }> {
    const parameters = new SqlParameters();
    const conditions = [
      `l.workspace = ${parameters.add(workspace, 'text')}`,
      `l.lifecycle_stage = 'active'`,
      `l.experiment_id = any(${parameters.add(search.experimentIds, 'bigint[]')})`,
      ...search.filter.map((comparison) => conditionSql(comparison, search.datasets, parameters)),
    ];
    const filtersMetrics = search.filter.some(({ entity }) => entity === 'metric');
    if (search.datasets.length > 0 && !filtersMetrics)
      conditions.push(`exists (select from ${metricsOf} ${measuredOn(search.datasets, parameters)})`);
    const { keys, joins } = sortOrder(search.orderBy, parameters);
    const scope = JSON.stringify([
      'logged-models',
      search.experimentIds,
      search.filter,
      search.datasets,
      search.orderBy,
    ]);
    const after = readToken(scope, keys, search.pageToken);
    if (after !== null) conditions.push(afterSql(keys, after, parameters));
    const rows: (LoggedModelRow & { page_key: PageKey[] })[] = await tx.query(
      `select ${loggedModelColumns}, ${pageKeySql(keys)} from tracking.logged_model l ${joins.join(' ')}
         where ${conditions.join(' and ')} order by ${orderBySql(keys)} limit ${search.size + 1}`,
      parameters.values,
    );
    const page = cutPage(scope, rows, search.size);
    return { models: page.rows.map(toLoggedModelDetail), nextPageToken: page.nextPageToken };
  }
}

const metricsOf = 'tracking.logged_model_metric m where m.model_id = l.model_id';

function measuredOn(datasets: readonly MeasuredOn[], parameters: SqlParameters): string {
  if (datasets.length === 0) return '';
  const each = datasets.map(({ name, digest }) => {
    const named = `m.dataset_name = ${parameters.add(name, 'text')}`;
    return digest === undefined || digest === ''
      ? named
      : `(${named} and m.dataset_digest = ${parameters.add(digest, 'text')})`;
  });
  return `and (${each.join(' or ')})`;
}

interface Attribute {
  readonly sql: string;
  readonly type: 'text' | 'bigint';
  readonly nullable?: boolean;
}

const attributes: Readonly<Record<string, Attribute>> = {
  name: { sql: 'l.name', type: 'text' },
  model_id: { sql: 'l.model_id', type: 'text' },
  model_type: { sql: 'l.model_type', type: 'text', nullable: true },
  status: { sql: `replace(l.status, 'LOGGED_MODEL_', '')`, type: 'text' },
  source_run_id: { sql: 'l.source_run_id', type: 'text', nullable: true },
  creation_timestamp: { sql: 'l.created_ms', type: 'bigint' },
  last_updated_timestamp: { sql: 'l.updated_ms', type: 'bigint' },
};

function attribute(key: string): Attribute {
  const found = attributes[key];
  if (found === undefined) throw new TypeError(`logged models have no attribute ${key}`);
  return found;
}

function conditionSql(
  { entity, key, test }: Comparison,
  datasets: readonly MeasuredOn[],
  parameters: SqlParameters,
): string {
  if (entity === 'param' || entity === 'tag')
    return keyedTestSql(`tracking.logged_model_${entity}`, 'kv.model_id = l.model_id', key, test, parameters);
  if (entity === 'metric') {
    const name = parameters.add(key, 'text');
    return `exists (select from ${metricsOf} and m.key_id = (select id from tracking.metric_key where name = ${name})
      and ${metricTestSql('m.value', test, parameters)} ${measuredOn(datasets, parameters)})`;
  }
  if (test.type === 'presence') throw new TypeError('an attribute is always there');
  return testSql(attribute(key).sql, test, parameters);
}

/** Sort keys of an order; of a metric's points the latest counts. Newest first where nothing else decides. */
function sortOrder(
  orderBy: readonly LoggedModelOrder[],
  parameters: SqlParameters,
): { keys: SortKey[]; joins: string[] } {
  const joins: string[] = [];
  const keys = orderBy.flatMap((term, place) => termKeys(term, `o${place}`, joins, parameters));
  const has = (name: string) => orderBy.some(({ entity, key }) => entity === 'attribute' && key === name);
  if (!has('creation_timestamp')) keys.push({ ...attribute('creation_timestamp'), descending: true });
  if (!has('model_id')) keys.push({ ...attribute('model_id'), descending: false });
  return { keys, joins };
}

function termKeys(term: LoggedModelOrder, alias: string, joins: string[], parameters: SqlParameters): SortKey[] {
  const { entity, key, descending } = term;
  if (entity === 'attribute') {
    const { sql, type, nullable } = attribute(key);
    return nullable === true ? missingLast(sql, type, "''", descending) : [{ sql, type, descending }];
  }
  const name = parameters.add(key, 'text');
  if (entity === 'metric') {
    const datasets = term.datasetName === undefined ? [] : [{ name: term.datasetName, digest: term.datasetDigest }];
    joins.push(`left join lateral (select m.value from ${metricsOf} and m.key_id = (select id from tracking.metric_key where name = ${name})
      ${measuredOn(datasets, parameters)} order by m.timestamp_ms desc, m.step desc, m.value desc limit 1) ${alias} on true`);
    return metricOrder(`${alias}.value`, descending);
  }
  joins.push(
    `left join tracking.logged_model_${entity} ${alias} on ${alias}.model_id = l.model_id and ${alias}.key = ${name}`,
  );
  return missingLast(`${alias}.value`, 'text', "''", descending);
}
