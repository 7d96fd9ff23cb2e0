import type { TraceMetricAggregation, TraceMetricView } from '@assay/pure/mlflow-wire';
import { traceKeys } from '../traces/trace.js';

/** Something that can be measured: its value in SQL, how values can be put together, and what they can be grouped by. */
export interface Measure {
  readonly sql: string;
  readonly aggregations: readonly TraceMetricAggregation[];
  readonly dimensions: readonly string[];
}

/** Where the measures of a view come from. */
export interface View {
  readonly from: string;
  /** When it began, in milliseconds. */
  readonly timeMs: string;
  readonly measures: Readonly<Record<string, Measure>>;
  readonly dimensions: Readonly<Record<string, string>>;
}

const count = ['COUNT'] as const;
const spread = ['AVG', 'MAX', 'MIN', 'PERCENTILE'] as const;
const amounts = [...spread, 'SUM'] as const;

/** The number of tokens in the JSON text that clients and spans leave in a trace's metadata; read as text, because it may be anything. */
function tokens(name: string): Measure {
  const sql = `substring(t.metadata ->> '${traceKeys.tokenUsage}' from '"${name}"\\s*:\\s*([0-9]{1,15})')::double precision`;
  return { sql, aggregations: amounts, dimensions: ['trace_name'] };
}

function cost(name: string): Measure {
  return {
    sql: `(s.cost ->> '${name}')::double precision`,
    aggregations: amounts,
    dimensions: ['span_model_name', 'span_model_provider'],
  };
}

/** Clients send an attribute's value as JSON text in a string. */
function spanAttribute(key: string): string {
  return `(select trim(both '"' from a -> 'value' ->> 'string_value') from jsonb_array_elements(s.attributes) a where a ->> 'key' = '${key}' limit 1)`;
}

export const views: Readonly<Record<TraceMetricView, View>> = {
  TRACES: {
    from: 'tracking.trace t',
    timeMs: 't.request_time_ms',
    measures: {
      trace_count: { sql: 't.trace_id', aggregations: count, dimensions: ['trace_name', 'trace_status'] },
      session_count: { sql: `distinct t.metadata ->> '${traceKeys.session}'`, aggregations: count, dimensions: [] },
      latency: { sql: 't.duration_ms', aggregations: spread, dimensions: ['trace_name'] },
      input_tokens: tokens('input_tokens'),
      output_tokens: tokens('output_tokens'),
      total_tokens: tokens('total_tokens'),
      cache_read_input_tokens: tokens('cache_read_input_tokens'),
      cache_creation_input_tokens: tokens('cache_creation_input_tokens'),
    },
    dimensions: { trace_name: `t.tags ->> '${traceKeys.name}'`, trace_status: 't.state' },
  },
  SPANS: {
    from: 'tracking.trace t join tracking.span s on s.trace_id = t.trace_id',
    timeMs: '(s.start_ns / 1000000)',
    measures: {
      span_count: {
        sql: 's.span_id',
        aggregations: count,
        dimensions: ['span_name', 'span_type', 'span_status', 'span_model_name', 'span_model_provider'],
      },
      latency: {
        sql: '((s.end_ns - s.start_ns) / 1000000)',
        aggregations: spread,
        dimensions: ['span_name', 'span_status'],
      },
      input_cost: cost('input_cost'),
      output_cost: cost('output_cost'),
      total_cost: cost('total_cost'),
    },
    dimensions: {
      span_name: 's.name',
      span_type: 's.type',
      span_status: 's.status',
      span_model_name: spanAttribute('mlflow.llm.model'),
      span_model_provider: spanAttribute('mlflow.llm.provider'),
    },
  },
  ASSESSMENTS: {
    // One that another replaces is no longer counted.
    from: 'tracking.trace t join tracking.assessment a on a.trace_id = t.trace_id and a.valid',
    timeMs: 't.request_time_ms',
    measures: {
      assessment_count: {
        sql: 'a.assessment_id',
        aggregations: count,
        dimensions: ['assessment_name', 'assessment_value'],
      },
      assessment_value: { sql: 'a.number', aggregations: spread, dimensions: ['assessment_name'] },
    },
    dimensions: { assessment_name: 'a.name', assessment_value: 'a.value' },
  },
};
