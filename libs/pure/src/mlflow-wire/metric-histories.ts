import { z } from 'zod';
import { message } from './message.js';
import { metricMessage } from './run-messages.js';
import { int64, int64Between, queryList, text } from './scalars.js';

const mostRuns = 100;
const mostBulkPoints = 25_000;
const mostSampledPoints = 2500;

/** Refuses with MLflow's own sentence. */
function refuse(context: z.RefinementCtx, path: string, sentence: string): void {
  context.addIssue({ code: 'custom', path: [path], message: sentence });
}

/** Histories of one metric in several runs, as the UI's older charts ask. */
export const metricHistoryBulkRequest = message({
  run_id: queryList(text).describe('Ids of the runs, at most 100'),
  metric_key: text.optional().describe('Name of the metric'),
  max_results: int64Between(0, Number.MAX_SAFE_INTEGER)
    .default(mostBulkPoints)
    .transform((most) => Math.min(most, mostBulkPoints))
    .describe('Most points in all; 25,000 unless less is asked for'),
})
  .superRefine(({ run_id: runs, metric_key: key }, context) => {
    const request = 'GetMetricHistoryBulk request';
    if (runs.every((run) => run === '')) refuse(context, 'run_id', `${request} must specify at least one run_id.`);
    else if (runs.length > mostRuns) {
      const received = `Received ${runs.length} run_ids.`;
      refuse(context, 'run_id', `${request} cannot specify more than ${mostRuns} run_ids. ${received}`);
    } else if (key === undefined) refuse(context, 'metric_key', `${request} must specify a metric_key.`);
  })
  .transform(({ metric_key: key = '', ...request }) => ({ ...request, metric_key: key }));

export const metricHistoryBulkResponse = z.object({
  metrics: z.array(metricMessage).describe('Points, by run, time, step and value'),
});

/** Evenly sampled histories of one metric in several runs, as the UI's charts ask. */
export const metricHistorySampleRequest = message({
  run_ids: queryList(text).describe('Ids of the runs, at most 100'),
  metric_key: text.default('').describe('Name of the metric'),
  start_step: int64.optional().describe('First step; only together with end_step'),
  end_step: int64.optional().describe('Last step; only together with start_step'),
  max_results: int64.default(mostSampledPoints).describe('Most points of each run, at most 2,500'),
}).superRefine((request, context) => {
  const { run_ids: runs, metric_key: key, start_step: start, end_step: end, max_results: most } = request;
  const missing = (name: string) => refuse(context, name, `Missing value for required parameter '${name}'.`);
  if (runs.every((run) => run === '')) missing('run_ids');
  else if (runs.length > mostRuns) {
    const received = `Received ${runs.length} run_ids.`;
    refuse(
      context,
      'run_ids',
      `GetMetricHistoryBulkInterval request must specify at most ${mostRuns} run_ids. ${received}`,
    );
  } else if (key === '') missing('metric_key');
  else if (most < 1 || most > mostSampledPoints)
    refuse(context, 'max_results', `max_results must be between 1 and ${mostSampledPoints}.`);
  else if ((start === undefined) !== (end === undefined))
    refuse(context, 'end_step', 'If either start step or end step are specified, both must be specified.');
  else if (start !== undefined && end !== undefined && start > end) {
    const found = `Found start_step=${start} and end_step=${end}.`;
    refuse(context, 'end_step', `end_step must be greater than start_step. ${found}`);
  }
});

export const metricHistorySampleResponse = z.object({
  metrics: z
    .array(metricMessage)
    .optional()
    .describe('Points, by run as asked, step, time and value; absent when there are none'),
});

export type MetricHistoryBulkRequest = z.infer<typeof metricHistoryBulkRequest>;
export type MetricHistorySampleRequest = z.infer<typeof metricHistorySampleRequest>;
