import { z } from 'zod';
import { filterField, orderByQuery } from '../filter/filter-fields.js';
import { limits } from '../limits.js';
import { message } from '../message.js';
import { experimentId, traceId, truncatedText } from '../names.js';
import { int64Between, list, protoEnum, queryList, requiredTextUpTo, text, timestampMs } from '../scalars.js';

/** Traces as clients before 3.0 know them. */
export const traceStatus = protoEnum({ TRACE_STATUS_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 });

const pairs = (valueLimit: number) =>
  list(
    message({
      key: requiredTextUpTo(limits.entityKey).describe('Name'),
      value: truncatedText(valueLimit).default('').describe('Value'),
    }),
  ).refine((each) => each.length <= 1000, { error: () => 'At most 1000 entries can be given at once.' });

const said = {
  timestamp_ms: timestampMs.default(0).describe('When, in milliseconds since 1970'),
  request_metadata: pairs(limits.traceMetadataValue).describe('Facts that stay'),
  tags: pairs(limits.traceTagValue).describe('Tags'),
};

export const startTraceV2Request = message({
  experiment_id: experimentId.describe('Experiment of the trace'),
  ...said,
});
export const endTraceV2Request = message({
  trace_id: traceId.describe('Id of the trace'),
  status: traceStatus.default('TRACE_STATUS_UNSPECIFIED').describe('How it ended'),
  ...said,
});
export const getTraceInfoV2Request = message({ trace_id: traceId.describe('Id of the trace') });
export const searchTracesV2Request = message({
  experiment_ids: queryList(experimentId)
    .refine((ids) => ids.length > 0, {
      error: () =>
        "Missing value for required parameter 'experiment_ids'. See the API docs for more information about request parameters.",
    })
    .describe('Experiments to search'),
  filter: filterField('traces').describe("Filter, such as `status = 'ERROR'`"),
  max_results: int64Between(1, limits.searchTraces).default(100).describe('Most traces in this page'),
  order_by: orderByQuery('traces').describe('Order, such as `timestamp_ms DESC`; newest first when absent'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});

const pairMessage = z.object({ key: z.string().describe('Name'), value: z.string().describe('Value') });
export const traceInfoV2Message = z
  .object({
    request_id: z.string().describe('Id of the trace'),
    experiment_id: z.string().describe('Experiment of the trace'),
    timestamp_ms: z.number().describe('When it began, in milliseconds since 1970'),
    execution_time_ms: z.number().describe('How long it took; 0 while it goes on'),
    status: z.enum(['TRACE_STATUS_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS']).describe('How it ended'),
    request_metadata: z.array(pairMessage).optional().describe('Facts that stay'),
    tags: z.array(pairMessage).optional().describe('Tags'),
  })
  .meta({ id: 'MlflowTraceInfoV2' });
export const traceInfoV2Response = z.object({ trace_info: traceInfoV2Message.describe('The trace') });
export const searchTracesV2Response = z.object({
  traces: z.array(traceInfoV2Message).optional().describe('The page; absent when empty'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});

export type StartTraceV2Request = z.infer<typeof startTraceV2Request>;
export type EndTraceV2Request = z.infer<typeof endTraceV2Request>;
export type SearchTracesV2Request = z.infer<typeof searchTracesV2Request>;
export type TraceInfoV2Message = z.infer<typeof traceInfoV2Message>;
