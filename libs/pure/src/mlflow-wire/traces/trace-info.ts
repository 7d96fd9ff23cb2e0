import { z } from 'zod';
import { limits } from '../limits.js';
import { message } from '../message.js';
import { experimentId, traceId, truncatedText } from '../names.js';
import { list, protoEnum, textUpTo } from '../scalars.js';
import { assessmentInput, assessmentMessage } from './assessments.js';
import { textMap } from './text-map.js';
import { wireDuration, wireTime } from './wire-time.js';

export const traceState = protoEnum({ STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 });
export type TraceState = z.infer<typeof traceState>;

const locationType = protoEnum({ TRACE_LOCATION_TYPE_UNSPECIFIED: 0, MLFLOW_EXPERIMENT: 1, INFERENCE_TABLE: 2 });
const experimentLocation = message({ experiment_id: experimentId.describe('Id of the experiment') });

/** Where traces lie; only experiments hold any here. */
export const traceLocation = message({
  type: locationType.optional().describe('Kind of place'),
  mlflow_experiment: experimentLocation.optional().describe('The experiment'),
});

/** What is known of a trace beside its spans, as clients send it. */
export const traceInfoInput = message({
  trace_id: traceId.describe('Id of the trace'),
  client_request_id: textUpTo(limits.entityKey).optional().describe('Id that the caller gave the request'),
  trace_location: message({
    type: locationType.optional().describe('Kind of place'),
    mlflow_experiment: experimentLocation.describe('The experiment'),
  }).describe('Where it lies'),
  request_preview: truncatedText(limits.tracePreview).optional().describe('Beginning of the input'),
  response_preview: truncatedText(limits.tracePreview).optional().describe('Beginning of the output'),
  request_time: wireTime.default(0).describe('When it began'),
  execution_duration: wireDuration.optional().describe('How long it took'),
  state: traceState.default('STATE_UNSPECIFIED').describe('How it ended'),
  trace_metadata: textMap(limits.traceMetadataValue)
    .default(() => ({}))
    .describe('Facts that stay'),
  assessments: list(assessmentInput)
    .refine((each) => each.length <= limits.assessmentsPerTrace, {
      error: () => `A trace can come with ${limits.assessmentsPerTrace} assessments at most.`,
    })
    .describe('What is said about it'),
  tags: textMap(limits.traceTagValue)
    .default(() => ({}))
    .describe('Tags'),
});
export type TraceInfoInput = z.infer<typeof traceInfoInput>;

export const traceInfoMessage = z
  .object({
    trace_id: z.string().describe('Id of the trace'),
    client_request_id: z.string().optional().describe('Id that the caller gave the request'),
    trace_location: z
      .object({
        type: z.literal('MLFLOW_EXPERIMENT').describe('Kind of place'),
        mlflow_experiment: z
          .object({ experiment_id: z.string().describe('Id of the experiment') })
          .describe('The experiment'),
      })
      .describe('Where it lies'),
    request_preview: z.string().optional().describe('Beginning of the input'),
    response_preview: z.string().optional().describe('Beginning of the output'),
    request_time: z.string().describe('When it began'),
    execution_duration: z.string().optional().describe('How long it took, in seconds'),
    state: z.enum(['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS']).describe('How it ended'),
    trace_metadata: z.record(z.string(), z.string()).optional().describe('Facts that stay'),
    assessments: z.array(assessmentMessage).optional().describe('What is said about it'),
    tags: z.record(z.string(), z.string()).optional().describe('Tags'),
  })
  .meta({ id: 'MlflowTraceInfo' });
export type TraceInfoMessage = z.infer<typeof traceInfoMessage>;
