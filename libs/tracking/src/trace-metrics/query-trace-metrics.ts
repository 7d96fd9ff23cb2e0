import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { QueryTraceMetricsRequest, TraceMetricAggregationInput } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { type Measure, type View, views } from './measures.js';
import { TraceMetricsStore } from './trace-metrics.store.js';

/** Value of each aggregation for a group. */
export interface MetricPoint {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, number>>;
}

/** Counts and measures traces, their spans, or what was said of them. */
@Injectable()
export class QueryTraceMetrics {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly store: TraceMetricsStore,
  ) {}

  async execute(actor: Actor, asked: QueryTraceMetricsRequest): Promise<MetricPoint[]> {
    const view = views[asked.view_type];
    const measure = requireMeasure(view, asked);
    const groups = await this.database.read((tx) => this.store.groups(tx, actor.workspace, { view, measure, asked }));
    return groups.flatMap((group) => {
      const values = asked.aggregations.flatMap((each, at) => {
        const value = group.values[at] ?? null;
        return value === null ? [] : [[labelOf(each), value] as const];
      });
      if (values.length === 0) return [];
      const dimensions = asked.dimensions.map((name, at) => [name, group.dimensions[at] ?? ''] as const);
      const bucket = group.bucket_ms === null ? [] : [['time_bucket', isoOf(Number(group.bucket_ms))] as const];
      return [{ dimensions: Object.fromEntries([...bucket, ...dimensions]), values: Object.fromEntries(values) }];
    });
  }
}

function requireMeasure(view: View, asked: QueryTraceMetricsRequest): Measure {
  const measure = Object.hasOwn(view.measures, asked.metric_name) ? view.measures[asked.metric_name] : undefined;
  if (measure === undefined)
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `metric_name must be one of ${quoted(Object.keys(view.measures))}, got '${asked.metric_name}'`,
    );
  const types = asked.aggregations.map(({ aggregation_type: type }) => type);
  const wrong = types.filter((type) => !measure.aggregations.includes(type));
  if (wrong.length > 0)
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Found invalid aggregation_type(s): ${quoted([...new Set(wrong)].toSorted())}. Supported aggregation types: ${quoted(measure.aggregations.toSorted())}`,
    );
  const unknown = asked.dimensions.filter((name) => !measure.dimensions.includes(name));
  if (unknown.length > 0)
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Found invalid dimension(s): ${quoted([...new Set(unknown)].toSorted())}. Supported dimensions: ${quoted(measure.dimensions.toSorted())}`,
    );
  const beside = asked.filters.find(({ of }) => of !== 'trace' && `${of.toUpperCase()}S` !== asked.view_type);
  if (beside !== undefined)
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Filtering by ${beside.of} is only supported for ${beside.of.toUpperCase()}S view type, got ${asked.view_type}`,
    );
  return measure;
}

function quoted(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(', ')}]`;
}

/** `P95.0`, as Python writes a float. */
function labelOf({ aggregation_type: type, percentile_value: percentile = 0 }: TraceMetricAggregationInput): string {
  if (type !== 'PERCENTILE') return type;
  return `P${Number.isInteger(percentile) ? `${percentile}.0` : percentile}`;
}

/** As Python writes a time: no part of a second where there is none. */
function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', '+00:00');
}
