import { z } from 'zod';
import { limits } from '../limits.js';
import { message } from '../message.js';
import { experimentId } from '../names.js';
import { missingValue, parameterError, parameterName } from '../parameter-error.js';
import { double, int64Between, list, protoEnum, requiredTextUpTo, text } from '../scalars.js';

export const traceMetricView = protoEnum({ TRACES: 1, SPANS: 2, ASSESSMENTS: 3 });
export type TraceMetricView = z.infer<typeof traceMetricView>;

const aggregationType = protoEnum({ COUNT: 1, SUM: 2, AVG: 3, PERCENTILE: 4, MIN: 5, MAX: 6 });
export type TraceMetricAggregation = z.infer<typeof aggregationType>;

/** One clause over the traces, spans or assessments that are counted: `trace.tag.env = 'prod'`. */
export interface TraceMetricFilter {
  readonly of: 'trace' | 'span' | 'assessment';
  readonly field: string;
  readonly key: string | null;
  readonly value: string;
}

/** What can be compared, and whether it takes a key. */
const fields: Readonly<Record<TraceMetricFilter['of'], Readonly<Record<string, boolean>>>> = {
  trace: { status: false, tag: true, metadata: true },
  span: { name: false, status: false, type: false },
  assessment: { name: false, type: false },
};

const clauseForm =
  /^\s*`?(trace|span|assessment)`?\.(\w+)(?:\.(`[^`]+`|"[^"]+"|[^\s=]+))?\s*=\s*(?:'([^']*)'|"([^"]*)")\s*$/;

const metricFilter = text.transform((source, context): TraceMetricFilter => {
  const refuse = (said: string): TraceMetricFilter => {
    context.issues.push({ code: 'custom', input: source, message: said });
    return z.NEVER;
  };
  const [, of, field = '', quoted, single, double_] = clauseForm.exec(source) ?? [];
  if (of !== 'trace' && of !== 'span' && of !== 'assessment')
    return refuse(`Invalid filter: '${source}'. Expected one clause such as "trace.status = 'OK'".`);
  const takesKey = fields[of][field];
  if (takesKey === undefined)
    return refuse(
      `Invalid entity '${field}' specified for view type '${of}'. Valid entities are ${Object.keys(fields[of]).join(', ')}.`,
    );
  const key = quoted?.replace(/^[`"]|[`"]$/g, '') ?? null;
  if (takesKey && key === null)
    return refuse(`Filtering by ${field} requires a key, e.g. '${of}.${field}.<key> = <value>'`);
  if (!takesKey && key !== null)
    return refuse(`Filtering by ${field} does not require a key, use '${of}.${field}' instead`);
  return { of, field, key, value: single ?? double_ ?? '' };
});

const aggregation = message({
  aggregation_type: aggregationType.describe('How values are put together'),
  percentile_value: double
    .refine((value) => value >= 0 && value <= 100, { error: () => 'Percentile value must be between 0 and 100.' })
    .optional()
    .describe('Which percentile, for PERCENTILE'),
}).refine((each) => (each.aggregation_type === 'PERCENTILE') === (each.percentile_value !== undefined), {
  error: () => 'A percentile value is required for PERCENTILE aggregation, and only allowed for it.',
});
export type TraceMetricAggregationInput = z.infer<typeof aggregation>;

const few = 100;

export const queryTraceMetricsRequest = message({
  experiment_ids: z
    .array(experimentId, { error: parameterError })
    .min(1, { error: (issue) => missingValue(parameterName(issue.path ?? [])) })
    .describe('Experiments to look at'),
  view_type: traceMetricView.describe('What is counted: traces, their spans, or what was said of them'),
  metric_name: requiredTextUpTo(limits.entityKey).describe('What is measured, such as trace_count or latency'),
  aggregations: z
    .array(aggregation, { error: parameterError })
    .min(1, { error: (issue) => missingValue(parameterName(issue.path ?? [])) })
    .max(few, { error: parameterError })
    .describe('How values are put together'),
  dimensions: list(text)
    .refine((each) => each.length <= few, { error: () => `At most ${few} dimensions can be asked for.` })
    .describe('What values are grouped by, such as trace_status'),
  filters: list(metricFilter)
    .refine((each) => each.length <= few, { error: () => `At most ${few} filters can be given.` })
    .describe("Which are looked at, such as `trace.status = 'OK'`; all must hold"),
  time_interval_seconds: int64Between(1, 1_000_000_000)
    .optional()
    .describe('Length of a time bucket to group by as well'),
  start_time_ms: int64Between(0, 9_000_000_000_000).optional().describe('Earliest begin, in milliseconds since 1970'),
  end_time_ms: int64Between(0, 9_000_000_000_000).optional().describe('Latest begin, in milliseconds since 1970'),
  max_results: int64Between(1, limits.traceMetricPoints).default(limits.traceMetricPoints).describe('Most groups'),
  page_token: text.optional().describe('Ignored: an answer is one page'),
}).refine(
  (asked) =>
    asked.time_interval_seconds === undefined || (asked.start_time_ms !== undefined && asked.end_time_ms !== undefined),
  { error: () => 'start_time_ms and end_time_ms are required if time_interval_seconds is set' },
);
export type QueryTraceMetricsRequest = z.infer<typeof queryTraceMetricsRequest>;

export const queryTraceMetricsResponse = z.object({
  data_points: z
    .array(
      z.object({
        metric_name: z.string().describe('What was measured'),
        dimensions: z.record(z.string(), z.string()).optional().describe('The group'),
        values: z.record(z.string(), z.number()).describe('Value of each aggregation'),
      }),
    )
    .optional()
    .describe('A point for each group; absent when there are none'),
});
