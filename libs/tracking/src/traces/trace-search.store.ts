import type { Tx } from '@assay/platform/database';
import type { Comparison, OrderTerm, PageKey } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { afterSql, cutPage, orderBySql, pageKeySql, readToken, type SortKey } from '../search/keyset.js';
import { missingLast, wholeNumber } from '../search/sort-rules.js';
import { SqlParameters } from '../search/sql-parameters.js';
import type { JointCounts } from './npmi.js';
import { toTraceInfo, traceColumns, type TraceRow } from './trace-columns.js';
import { conditionsSql } from './trace-filter-sql.js';
import { traceKeys, type TraceInfo } from './trace.js';

export interface TraceSearch {
  readonly experimentIds: readonly string[];
  readonly filter: readonly Comparison[];
  readonly orderBy: readonly OrderTerm[];
  readonly size: number;
  readonly pageToken: string | undefined;
}

@Injectable()
export class TraceSearchStore {
  async search(
    tx: Tx,
    workspace: string,
    search: TraceSearch,
  ): Promise<{ traces: TraceInfo[]; nextPageToken: string | null }> {
    const parameters = new SqlParameters();
    const conditions = [
      `t.workspace = ${parameters.add(workspace, 'text')}`,
      experimentSql(search.experimentIds, parameters),
      ...conditionsSql(search.filter, parameters),
    ];
    const keys = sortKeys(search.orderBy, parameters);
    const scope = JSON.stringify(['traces', search.experimentIds, search.filter, search.orderBy]);
    const after = readToken(scope, keys, search.pageToken);
    if (after !== null) conditions.push(afterSql(keys, after, parameters));
    const rows: (TraceRow & { page_key: PageKey[] })[] = await tx.query(
      `select ${traceColumns}, ${pageKeySql(keys)} from tracking.trace t where ${conditions.join(' and ')} order by ${orderBySql(keys)} limit ${search.size + 1}`,
      parameters.values,
    );
    const page = cutPage(scope, rows, search.size);
    return { traces: page.rows.map(toTraceInfo), nextPageToken: page.nextPageToken };
  }

  /** How many traces pass two filters, one by one and together. */
  async count(tx: Tx, workspace: string, pair: FilterPair): Promise<JointCounts> {
    const parameters = new SqlParameters();
    const all = (filter: readonly Comparison[]): string => conditionsSql(filter, parameters).join(' and ') || 'true';
    const [row]: JointCounts[] = await tx.query(
      `select count(*)::int as total, count(*) filter (where a)::int as first, count(*) filter (where b)::int as second, count(*) filter (where a and b)::int as both
         from (select (${all(pair.first)}) as a, (${all(pair.second)}) as b from tracking.trace t
           where t.workspace = ${parameters.add(workspace, 'text')} and ${experimentSql(pair.experimentIds, parameters)} and ${all(pair.base)}) as passed`,
      parameters.values,
    );
    return row ?? { total: 0, first: 0, second: 0, both: 0 };
  }
}

/** Two filters over the traces that pass a third. */
export interface FilterPair {
  readonly experimentIds: readonly string[];
  readonly base: readonly Comparison[];
  readonly first: readonly Comparison[];
  readonly second: readonly Comparison[];
}

/** One experiment is asked for by itself, so that the index gives its traces in order. */
function experimentSql(ids: readonly string[], parameters: SqlParameters): string {
  return ids.length === 1
    ? `t.experiment_id = ${parameters.add(ids[0], 'bigint')}`
    : `t.experiment_id = any(${parameters.add(ids, 'bigint[]')})`;
}

interface Attribute {
  readonly sql: string;
  readonly type: 'text' | 'bigint';
  readonly nullable?: boolean;
}

const attributes: Readonly<Record<string, Attribute>> = {
  request_id: { sql: 't.trace_id', type: 'text' },
  experiment_id: { sql: 't.experiment_id', type: 'bigint' },
  timestamp_ms: { sql: 't.request_time_ms', type: 'bigint' },
  execution_time_ms: { sql: 't.duration_ms', type: 'bigint', nullable: true },
  end_time_ms: { sql: 't.request_time_ms + coalesce(t.duration_ms, 0)', type: 'bigint' },
  status: { sql: 't.state', type: 'text' },
  name: { sql: `t.tags ->> '${traceKeys.name}'`, type: 'text', nullable: true },
  run_id: { sql: `t.metadata ->> '${traceKeys.sourceRun}'`, type: 'text', nullable: true },
};

/** Sort keys of an order. Newest first where nothing else decides. */
function sortKeys(orderBy: readonly OrderTerm[], parameters: SqlParameters): SortKey[] {
  const keys = orderBy.flatMap((term) => termKeys(term, parameters));
  const has = (name: string): boolean => orderBy.some(({ entity, key }) => entity === 'attribute' && key === name);
  if (!has('timestamp_ms')) keys.push({ sql: 't.request_time_ms', type: 'bigint', descending: true });
  if (!has('request_id')) keys.push({ sql: 't.trace_id', type: 'text', descending: false });
  return keys;
}

function termKeys({ entity, key, descending }: OrderTerm, parameters: SqlParameters): SortKey[] {
  if (entity === 'tag' || entity === 'metadata') {
    const column = entity === 'tag' ? 't.tags' : 't.metadata';
    return missingLast(`(${column} ->> ${parameters.add(key, 'text')})`, 'text', "''", descending);
  }
  const attribute = attributes[key];
  if (entity !== 'attribute' || attribute === undefined)
    throw new TypeError(`traces are not ordered by ${entity} ${key}`);
  const { sql, type, nullable } = attribute;
  if (key === 'experiment_id') return [wholeNumber(sql, descending)];
  return nullable === true
    ? missingLast(`(${sql})`, type, type === 'text' ? "''" : '0', descending)
    : [{ sql, type, descending }];
}
