import { randomUUID } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  endTraceV2Request,
  type EndTraceV2Request,
  getTraceInfoV2Request,
  searchTracesV2Request,
  type SearchTracesV2Request,
  searchTracesV2Response,
  startTraceV2Request,
  type StartTraceV2Request,
  type TraceInfoInput,
  traceInfoV2Response,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { ReadTraces } from '../traces/read-traces.js';
import { SearchTraces } from '../traces/search-traces.js';
import { StartTrace } from '../traces/start-trace.js';
import { mapOf, traceInfoToV2 } from './trace-info-v2.js';

const root = '/api/2.0/mlflow/traces';
type TraceInfoV2Response = z.infer<typeof traceInfoV2Response>;

/** Traces as clients before 3.0 ask for them: one call when a trace begins, one when it has ended. */
@Controller()
export class LegacyTracesController {
  constructor(
    private readonly startTrace: StartTrace,
    private readonly read: ReadTraces,
    private readonly searchTraces: SearchTraces,
  ) {}

  @Endpoint({
    method: 'POST',
    path: root,
    permission: 'tracking:write',
    summary: 'Begins a trace, as clients before 3.0 do',
    request: startTraceV2Request,
    response: traceInfoV2Response,
  })
  async start(@Input() input: StartTraceV2Request, @Caller() actor: Actor): Promise<TraceInfoV2Response> {
    return this.write(actor, {
      trace_id: `tr-${randomUUID().replaceAll('-', '')}`,
      trace_location: { mlflow_experiment: { experiment_id: input.experiment_id } },
      request_time: input.timestamp_ms,
      state: 'IN_PROGRESS',
      trace_metadata: mapOf(input.request_metadata),
      tags: mapOf(input.tags),
      assessments: [],
    });
  }

  @Endpoint({
    method: 'PATCH',
    path: `${root}/:trace_id`,
    permission: 'tracking:write',
    summary: 'Ends a trace, as clients before 3.0 do',
    request: endTraceV2Request,
    response: traceInfoV2Response,
  })
  async end(@Input() input: EndTraceV2Request, @Caller() actor: Actor): Promise<TraceInfoV2Response> {
    const trace = await this.read.info(actor, input.trace_id);
    return this.write(actor, {
      trace_id: trace.id,
      trace_location: { mlflow_experiment: { experiment_id: trace.experimentId } },
      ...(trace.clientRequestId === null ? {} : { client_request_id: trace.clientRequestId }),
      request_time: trace.requestTimeMs,
      execution_duration: Math.max(0, input.timestamp_ms - trace.requestTimeMs),
      state: input.status === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : input.status,
      trace_metadata: mapOf(input.request_metadata),
      tags: mapOf(input.tags),
      assessments: [],
    });
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/:trace_id/info`,
    permission: 'tracking:read',
    summary: 'Reads a trace without its spans, as clients before 3.0 do',
    request: getTraceInfoV2Request,
    response: traceInfoV2Response,
  })
  async info(
    @Input() input: z.infer<typeof getTraceInfoV2Request>,
    @Caller() actor: Actor,
  ): Promise<TraceInfoV2Response> {
    return { trace_info: traceInfoToV2(await this.read.info(actor, input.trace_id)) };
  }

  @Endpoint({
    method: 'GET',
    path: root,
    permission: 'tracking:read',
    summary: 'Searches traces, as clients before 3.0 do',
    request: searchTracesV2Request,
    response: searchTracesV2Response,
  })
  async search(
    @Input() { experiment_ids: ids, ...rest }: SearchTracesV2Request,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof searchTracesV2Response>> {
    const locations = ids.map((experiment_id) => ({ mlflow_experiment: { experiment_id } }));
    const { traces, nextPageToken } = await this.searchTraces.execute(actor, { ...rest, locations });
    return {
      ...(traces.length > 0 ? { traces: traces.map(traceInfoToV2) } : {}),
      ...(nextPageToken === null ? {} : { next_page_token: nextPageToken }),
    };
  }

  private async write(actor: Actor, input: TraceInfoInput): Promise<TraceInfoV2Response> {
    return { trace_info: traceInfoToV2(await this.startTrace.execute(actor, input)) };
  }
}
