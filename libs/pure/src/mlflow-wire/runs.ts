import { z } from 'zod';
import { viewType } from './experiments.js';
import { filterField, orderByField } from './filter/filter-fields.js';
import { limits } from './limits.js';
import { message } from './message.js';
import { entityKey, experimentId, loggedModelId, truncatedText } from './names.js';
import {
  datasetInput,
  metric,
  metricFields,
  metricMessage,
  param,
  runDetailMessage,
  runInfoMessage,
  runMessage,
  runStatus,
  runTag,
} from './run-messages.js';
import { missingValue, parameterError, parameterName } from './parameter-error.js';
import { int64, int64Between, list, requiredText, requiredTextUpTo, text, textUpTo, timestampMs } from './scalars.js';

export const createRunRequest = message({
  experiment_id: experimentId.default('0').describe('Experiment of the run'),
  user_id: textUpTo(limits.userId).default('').describe('User, as the client names itself'),
  run_name: textUpTo(limits.runName).default('').describe('Name; absent: one is made up'),
  start_time: timestampMs.optional().describe('Started, in milliseconds since 1970; absent: now'),
  tags: list(runTag).describe('Tags to set'),
});
export const runResponse = z.object({ run: runDetailMessage.describe('The run') });

export const getRunRequest = runMessage({});

export const updateRunRequest = runMessage({
  status: runStatus.optional().describe('New status'),
  end_time: timestampMs.optional().describe('Ended, in milliseconds since 1970'),
  run_name: textUpTo(limits.runName).optional().describe('New name; the empty text changes nothing'),
});
export const updateRunResponse = z.object({ run_info: runInfoMessage.describe('The run after the change') });

export const deleteRunRequest = runMessage({});
export const restoreRunRequest = runMessage({});

export const searchRunsRequest = message({
  experiment_ids: list(experimentId).describe('Experiments to search; none finds nothing'),
  filter: filterField('runs').describe("Filter, such as `metrics.auc > 0.8 AND params.model = 'mlp'`"),
  run_view_type: viewType.default('ACTIVE_ONLY').describe('Which lifecycle stages to return'),
  max_results: int64Between(1, limits.searchRuns).default(1000).describe('Most runs in this page'),
  order_by: orderByField('runs').describe('Order, such as `["metrics.auc DESC"]`'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});
export const searchRunsResponse = z.object({
  runs: z.array(runDetailMessage).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});

export const logMetricRequest = runMessage(metricFields);
export const logParamRequest = runMessage({
  key: entityKey.describe('Name of the parameter'),
  value: truncatedText(limits.paramValue).default('').describe('Value of the parameter'),
});

const tooMany = (what: string, most: number, got: number) =>
  `A batch logging request can contain at most ${most} ${what}. Got ${got} ${what}. Please split up ${what} across multiple requests and try again.`;

export const logBatchRequest = runMessage({
  metrics: list(metric).describe('Metric points'),
  params: list(param).describe('Parameters'),
  tags: list(runTag).describe('Tags'),
}).superRefine((batch, context) => {
  const refuse = (path: string, text: string) => context.addIssue({ code: 'custom', path: [path], message: text });
  const { metrics, params, tags } = batch;
  if (metrics.length > limits.batchMetrics) refuse('metrics', tooMany('metrics', limits.batchMetrics, metrics.length));
  if (params.length > limits.batchParams) refuse('params', tooMany('params', limits.batchParams, params.length));
  if (tags.length > limits.batchTags) refuse('tags', tooMany('tags', limits.batchTags, tags.length));
  const total = metrics.length + params.length + tags.length;
  if (total > limits.batchEntities)
    refuse('metrics', tooMany('metrics, params, and tags', limits.batchEntities, total));
  const keys = params.map(({ key }) => key);
  const repeated = keys.filter((key, place) => keys.indexOf(key) !== place);
  if (repeated.length > 0) {
    const names = repeated.map((key) => `'${key}'`).join(', ');
    refuse(
      'params',
      `Duplicate parameter keys have been submitted: [${names}]. Please ensure the request contains only one param value per param key.`,
    );
  }
});

export const setRunTagRequest = runMessage({
  key: entityKey.describe('Name of the tag'),
  value: truncatedText(limits.runTagValue).default('').describe('Value of the tag'),
});
export const deleteRunTagRequest = runMessage({ key: entityKey.describe('Name of the tag') });

export const logModelRequest = runMessage({
  model_json: requiredTextUpTo(limits.modelJson).describe(
    'The MLmodel file as JSON, with artifact_path, flavors, utc_time_created and run_id',
  ),
});

export const logInputsRequest = runMessage({
  datasets: list(datasetInput)
    .refine((datasets) => datasets.length <= limits.inputDatasets, {
      message: 'A request can log at most 1000 dataset inputs',
    })
    .describe('Datasets that the run read'),
  models: list(message({ model_id: loggedModelId.describe('Id of the logged model') })).describe(
    'Logged models that the run read',
  ),
});
export const logOutputsRequest = runMessage({
  models: z
    .array(
      message({
        model_id: loggedModelId.describe('Id of the logged model'),
        step: int64.default(0).describe('Step at which it was made'),
      }),
      { error: parameterError },
    )
    .min(1, { error: (issue) => missingValue(parameterName(issue.path ?? [])) })
    .describe('Logged models that the run made'),
});

export const metricHistoryRequest = runMessage({
  metric_key: requiredText.describe('Name of the metric'),
  max_results: int64Between(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Most points in this page; absent: all, or 25,000 when a token is given'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});
export const metricHistoryResponse = z.object({
  metrics: z.array(metricMessage).optional().describe('Points, by time, step and value; absent when there are none'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});

export type CreateRunRequest = z.infer<typeof createRunRequest>;
export type UpdateRunRequest = z.infer<typeof updateRunRequest>;
export type SearchRunsRequest = z.infer<typeof searchRunsRequest>;
export type LogBatchRequest = z.infer<typeof logBatchRequest>;
export type LogInputsRequest = z.infer<typeof logInputsRequest>;
export type LogOutputsRequest = z.infer<typeof logOutputsRequest>;
export type MetricHistoryRequest = z.infer<typeof metricHistoryRequest>;
