import type { Tx } from '@assay/platform/database';
import type { Comparison, OrderTerm, PageKey, ViewType } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { RunDetail } from '../runs/run.js';
import { runDetailColumns, type RunDetailRow, toRunDetail } from '../runs/run-columns.js';
import { afterSql, cutPage, orderBySql, pageKeySql, readToken, type SortKey } from '../search/keyset.js';
import { metricOrder, missingLast } from '../search/sort-rules.js';
import { SqlParameters } from '../search/sql-parameters.js';
import { keyedTestSql, metricTestSql, testSql } from '../search/test-sql.js';

export interface RunSearch {
  readonly experimentIds: readonly string[];
  readonly filter: readonly Comparison[];
  readonly orderBy: readonly OrderTerm[];
  readonly viewType: ViewType;
  readonly size: number;
  readonly pageToken: string | undefined;
}

/** Searches runs: one statement finds the page by its sort keys and reads everything that was logged to its runs. */
@Injectable()
export class RunSearchStore {
  async search(
    tx: Tx,
    workspace: string,
    search: RunSearch,
  ): Promise<{ runs: RunDetail[]; nextPageToken: string | null }> {
    const parameters = new SqlParameters();
    const conditions = [
      `r.workspace = ${parameters.add(workspace, 'text')}`,
      `r.experiment_id = any(${parameters.add(search.experimentIds, 'bigint[]')})`,
      ...stageSql(search.viewType),
      ...search.filter.map((comparison) => conditionSql(comparison, parameters)),
    ];
    const { keys, joins } = sortOrder(search.orderBy, parameters);
    const scope = JSON.stringify(['runs', search.experimentIds, search.filter, search.orderBy, search.viewType]);
    const after = readToken(scope, keys, search.pageToken);
    if (after !== null) conditions.push(afterSql(keys, after, parameters));
    const rows: (RunDetailRow & { page_key: PageKey[] })[] = await tx.query(
      `with page as (
         select r.number, ${pageKeySql(keys)}, row_number() over (order by ${orderBySql(keys)}) as place
         from tracking.run r join tracking.experiment e on e.experiment_id = r.experiment_id ${joins.join(' ')}
         where ${conditions.join(' and ')} order by ${orderBySql(keys)} limit ${search.size + 1})
       select ${runDetailColumns}, page.page_key
       from page join tracking.run r on r.number = page.number join tracking.experiment e on e.experiment_id = r.experiment_id order by page.place`,
      parameters.values,
    );
    const page = cutPage(scope, rows, search.size);
    return { runs: page.rows.map(toRunDetail), nextPageToken: page.nextPageToken };
  }
}

function stageSql(viewType: ViewType): string[] {
  if (viewType === 'ALL') return [];
  if (viewType === 'ACTIVE_ONLY') return [`r.lifecycle_stage = 'active'`, `e.lifecycle_stage = 'active'`];
  return [`(r.lifecycle_stage = 'deleted' or e.lifecycle_stage = 'deleted')`];
}

interface Attribute {
  readonly sql: string;
  readonly type: 'text' | 'bigint';
  readonly nullable?: boolean;
}

const attributes: Readonly<Record<string, Attribute>> = {
  run_id: { sql: 'r.run_id', type: 'text' },
  run_name: { sql: 'r.name', type: 'text' },
  status: { sql: 'r.status', type: 'text' },
  artifact_uri: { sql: 'r.artifact_uri', type: 'text' },
  user_id: { sql: 'r.user_id', type: 'text' },
  start_time: { sql: 'r.start_time_ms', type: 'bigint' },
  end_time: { sql: 'r.end_time_ms', type: 'bigint', nullable: true },
};

function attribute(key: string): Attribute {
  const found = attributes[key];
  if (found === undefined) throw new TypeError(`runs have no attribute ${key}`);
  return found;
}

function conditionSql({ entity, key, test }: Comparison, parameters: SqlParameters): string {
  switch (entity) {
    case 'param':
      return keyedTestSql('tracking.param', 'kv.run_number = r.number', key, test, parameters);
    case 'tag':
      return keyedTestSql('tracking.run_tag', 'kv.run_number = r.number', key, test, parameters);
    case 'metric': {
      const name = parameters.add(key, 'text');
      return `exists (select from tracking.metric_latest m where m.run_number = r.number
        and m.key_id = (select id from tracking.metric_key where name = ${name}) and ${metricTestSql('m.value', test, parameters)})`;
    }
    case 'dataset':
    case 'attribute': {
      if (test.type === 'presence') throw new TypeError('an attribute is always there');
      if (entity === 'attribute') return testSql(attribute(key).sql, test, parameters);
      return datasetSql(key, (expression) => testSql(expression, test, parameters));
    }
  }
}

/** Some dataset that the run read passes; its context is a tag of that use. */
function datasetSql(key: string, condition: (expression: string) => string): string {
  const used = 'select from tracking.run_dataset d join tracking.dataset s on s.id = d.dataset_id';
  if (key === 'name' || key === 'digest')
    return `exists (${used} where d.run_number = r.number and ${condition(`s.${key}`)})`;
  return `exists (${used}, jsonb_array_elements(d.tags) as tag where d.run_number = r.number and tag ->> 'key' = 'mlflow.data.context' and ${condition(`(tag ->> 'value')`)})`;
}

/** Sort keys of an order: values that are missing come last in both directions, NaN before them. Newest first, then by id, where nothing else decides. */
function sortOrder(orderBy: readonly OrderTerm[], parameters: SqlParameters): { keys: SortKey[]; joins: string[] } {
  const joins: string[] = [];
  const keys = orderBy.flatMap((term, place) => termKeys(term, `o${place}`, joins, parameters));
  const has = (name: string) => orderBy.some(({ entity, key }) => entity === 'attribute' && key === name);
  if (!has('start_time')) keys.push({ sql: 'r.start_time_ms', type: 'bigint', descending: true });
  if (!has('run_id')) keys.push({ sql: 'r.run_id', type: 'text', descending: false });
  return { keys, joins };
}

function termKeys(
  { entity, key, descending }: OrderTerm,
  alias: string,
  joins: string[],
  parameters: SqlParameters,
): SortKey[] {
  if (entity === 'attribute') {
    const { sql, type, nullable } = attribute(key);
    return nullable === true ? missingLast(sql, type, '0', descending) : [{ sql, type, descending }];
  }
  const name = parameters.add(key, 'text');
  if (entity === 'metric') {
    joins.push(
      `left join tracking.metric_latest ${alias} on ${alias}.run_number = r.number and ${alias}.key_id = (select id from tracking.metric_key where name = ${name})`,
    );
    return metricOrder(`${alias}.value`, descending);
  }
  joins.push(
    `left join tracking.${entity === 'param' ? 'param' : 'run_tag'} ${alias} on ${alias}.run_number = r.number and ${alias}.key = ${name}`,
  );
  return missingLast(`${alias}.value`, 'text', "''", descending);
}
