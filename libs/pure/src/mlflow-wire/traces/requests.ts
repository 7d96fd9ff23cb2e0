import { z } from 'zod';
import { filterField, orderByField, requiredFilterField } from '../filter/filter-fields.js';
import { limits } from '../limits.js';
import { message } from '../message.js';
import { entityKey, experimentId, runId, traceId, truncatedText } from '../names.js';
import { parameterError } from '../parameter-error.js';
import { boolean, int64, int64Between, list, queryList, requiredTextUpTo, text, textUpTo } from '../scalars.js';
import { traceInfoInput, traceInfoMessage, traceLocation } from './trace-info.js';

const anyTraceId = textUpTo(limits.entityKey);

export const startTraceRequest = message({
  trace: message({ trace_info: traceInfoInput.describe('The trace without its spans') }).describe('The trace'),
});
export const traceResponse = z.object({
  trace: z.object({ trace_info: traceInfoMessage.describe('The trace without its spans') }).describe('The trace'),
});

export const getTraceInfoRequest = message({ trace_id: traceId.describe('Id of the trace') });
export const getTraceRequest = message({
  trace_id: traceId.describe('Id of the trace'),
  allow_partial: boolean.default(false).describe('Whether a trace whose spans are still arriving will do'),
});
export const getTraceArtifactRequest = message({
  request_id: traceId.describe('Id of the trace'),
  path: text.optional().describe('Name of an attachment; absent: its spans'),
});
export const batchGetTracesRequest = message({
  trace_ids: queryList(anyTraceId).describe('Ids of traces; unknown ones are left out'),
  experiment_ids: z.optional(queryList(experimentId)).describe('Only traces of these experiments'),
});
export const batchGetTraceInfosRequest = message({
  trace_ids: z
    .array(anyTraceId, { error: parameterError })
    .max(limits.batchGetTraces, { error: () => `At most ${limits.batchGetTraces} traces can be asked for at once.` })
    .describe('Ids of traces; unknown ones are left out'),
  experiment_ids: z
    .array(experimentId, { error: parameterError })
    .optional()
    .describe('Only traces of these experiments'),
});
export const batchGetTraceInfosResponse = z.object({
  trace_infos: z.array(traceInfoMessage).optional().describe('The traces; absent when there are none'),
});

export const searchTracesRequest = message({
  locations: z.array(traceLocation, { error: parameterError }).describe('Experiments to search'),
  filter: filterField('traces').describe("Filter, such as `status = 'ERROR' AND span.name LIKE '%search%'`"),
  max_results: int64Between(1, limits.searchTraces).default(100).describe('Most traces in this page'),
  order_by: orderByField('traces').describe('Order, such as `timestamp_ms DESC`; newest first when absent'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});
export const searchTracesResponse = z.object({
  traces: z.array(traceInfoMessage).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});

export const correlateFiltersRequest = message({
  experiment_ids: z.array(experimentId, { error: parameterError }).describe('Experiments to look at'),
  filter_string1: requiredFilterField('traces').describe('One filter of traces'),
  filter_string2: requiredFilterField('traces').describe('The other one'),
  base_filter: filterField('traces').describe('Only traces that pass this one as well'),
});
export const correlateFiltersResponse = z.object({
  npmi: z
    .number()
    .optional()
    .describe('-1: never together, 0: independent, 1: always together; absent where one never occurs'),
  npmi_smoothed: z.number().optional().describe('The same with half a trace added to each case, for small numbers'),
  filter1_count: z.number().describe('Traces that pass the one'),
  filter2_count: z.number().describe('Traces that pass the other'),
  joint_count: z.number().describe('Traces that pass both'),
  total_count: z.number().describe('Traces looked at'),
});

const oneTag = { trace_id: traceId.describe('Id of the trace'), key: entityKey.describe('Name of the tag') };
export const setTraceTagRequest = message({
  ...oneTag,
  value: truncatedText(limits.traceTagValue).default('').describe('Value of the tag'),
});
export const deleteTraceTagRequest = message(oneTag);

export const deleteTracesRequest = message({
  experiment_id: experimentId.describe('Experiment of the traces'),
  max_timestamp_millis: int64.optional().describe('Traces that began until then, in milliseconds since 1970'),
  max_traces: int64.optional().describe('Most traces to delete, the oldest first'),
  request_ids: list(anyTraceId).describe('Ids of traces'),
});
export const deleteTracesResponse = z.object({ traces_deleted: z.number().describe('How many were deleted') });

export const linkTracesToRunRequest = message({
  trace_ids: z.array(anyTraceId, { error: parameterError }).describe('Ids of traces; unknown ones are left out'),
  run_id: runId.describe('Run that they belong to'),
});

export const linkPromptsToTraceRequest = message({
  trace_id: traceId.describe('Id of the trace'),
  prompt_versions: z
    .array(
      message({
        name: requiredTextUpTo(limits.entityKey).describe('Name of the prompt'),
        version: requiredTextUpTo(20).describe('Number of its version'),
      }),
      { error: parameterError },
    )
    .max(limits.linkedPrompts, { error: () => `At most ${limits.linkedPrompts} prompts can be linked at once.` })
    .describe('Versions of prompts that the trace used'),
});

export type SearchTracesRequest = z.infer<typeof searchTracesRequest>;
export type DeleteTracesRequest = z.infer<typeof deleteTracesRequest>;
export type CorrelateFiltersRequest = z.infer<typeof correlateFiltersRequest>;
