import type { Tx } from '@assay/platform/database';
import type { QueryTraceMetricsRequest, TraceMetricAggregationInput, TraceMetricFilter } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { SqlParameters } from '../search/sql-parameters.js';
import { conditionsSql } from '../traces/trace-filter-sql.js';
import type { Measure, View } from './measures.js';

/** A group with the value of each aggregation, in their order; null where a group has no value. */
export interface MetricGroup {
  readonly bucket_ms: string | null;
  readonly dimensions: readonly string[];
  readonly values: readonly (number | null)[];
}

/** Aggregates over traces, their spans or what was said of them. */
@Injectable()
export class TraceMetricsStore {
  async groups(
    tx: Tx,
    workspace: string,
    { view, measure, asked }: { view: View; measure: Measure; asked: QueryTraceMetricsRequest },
  ): Promise<MetricGroup[]> {
    const parameters = new SqlParameters();
    const dimensions = asked.dimensions.map((name) => `(${view.dimensions[name] ?? 'null'})::text`);
    const bucket = bucketSql(view, asked.time_interval_seconds, parameters);
    const value = measure.sql.replace(/^distinct /, '');
    const conditions = [
      `t.workspace = ${parameters.add(workspace, 'text')}`,
      `t.experiment_id = any(${parameters.add([...new Set(asked.experiment_ids)], 'bigint[]')})`,
      `(${value}) is not null`,
      ...dimensions.map((sql) => `${sql} is not null`),
      ...(asked.start_time_ms === undefined
        ? []
        : [`${view.timeMs} >= ${parameters.add(asked.start_time_ms, 'bigint')}`]),
      ...(asked.end_time_ms === undefined ? [] : [`${view.timeMs} <= ${parameters.add(asked.end_time_ms, 'bigint')}`]),
      ...asked.filters.map((filter) => filterSql(filter, parameters)),
    ];
    const values = asked.aggregations.map((each) => aggregateSql(each, measure.sql, parameters));
    const keys = [...(bucket === null ? [] : [bucket]), ...dimensions];
    // The groups are named in an inner query: a parameter written twice is two expressions to Postgres.
    const names = keys.map((_, at) => `k${at}`);
    const grouped = names.join(', ');
    const inner = keys.map((sql, at) => `${sql} as k${at}`);
    const aggregated = values.map((sql) => `(${sql})::double precision`).join(', ');
    const rows: MetricGroup[] = await tx.query(
      `select ${bucket === null ? 'null' : 'k0'} as bucket_ms,
         array[${names.slice(bucket === null ? 0 : 1).join(', ')}]::text[] as dimensions,
         array[${aggregated}] as values
       from (select ${[...inner, `${value} as v`].join(', ')} from ${view.from} where ${conditions.join(' and ')}) as measured
       ${grouped === '' ? '' : `group by ${grouped} order by ${grouped}`} limit ${parameters.add(asked.max_results, 'bigint')}`,
      parameters.values,
    );
    return rows;
  }
}

function bucketSql(view: View, seconds: number | undefined, parameters: SqlParameters): string | null {
  if (seconds === undefined) return null;
  const length = parameters.add(seconds * 1000, 'bigint');
  return `(floor(${view.timeMs}::numeric / ${length}) * ${length})::bigint`;
}

function aggregateSql(
  { aggregation_type: type, percentile_value: percentile }: TraceMetricAggregationInput,
  measure: string,
  parameters: SqlParameters,
): string {
  switch (type) {
    case 'COUNT':
      return measure.startsWith('distinct ') ? 'count(distinct v)' : 'count(v)';
    case 'PERCENTILE':
      return `percentile_cont(${parameters.add((percentile ?? 0) / 100, 'double precision')}) within group (order by v)`;
    default:
      return `${type.toLowerCase()}(v)`;
  }
}

function filterSql({ of, field, key, value }: TraceMetricFilter, parameters: SqlParameters): string {
  const test = { type: 'text', operator: '=', value } as const;
  if (of === 'trace') {
    const entity = field === 'status' ? 'attribute' : field === 'tag' ? 'tag' : 'metadata';
    return conditionsSql([{ entity, key: key ?? field, test }], parameters).join(' and ');
  }
  const column = of === 'assessment' && field === 'type' ? 'kind' : field;
  return `${of === 'span' ? 's' : 'a'}.${column} = ${parameters.add(value, 'text')}`;
}
