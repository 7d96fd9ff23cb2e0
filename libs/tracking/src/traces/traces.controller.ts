import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input, RawReply } from '@assay/platform/http';
import {
  batchGetTraceInfosRequest,
  batchGetTraceInfosResponse,
  batchGetTracesRequest,
  correlateFiltersRequest,
  type CorrelateFiltersRequest,
  correlateFiltersResponse,
  getTraceInfoRequest,
  getTraceRequest,
  searchTracesRequest,
  type SearchTracesRequest,
  searchTracesResponse,
  startTraceRequest,
  traceResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { gathered } from '../sending/gathered.js';
import { sendable } from '../sending/sendable.js';
import { npmi } from './npmi.js';
import { ReadTraces } from './read-traces.js';
import { SearchTraces } from './search-traces.js';
import { StartTrace } from './start-trace.js';
import { traceInfoToWire } from './trace-to-wire.js';

const v3 = '/api/3.0/mlflow/traces';
const jeffreysPrior = 0.5;
type TraceResponse = z.infer<typeof traceResponse>;

@Controller()
export class TracesController {
  constructor(
    private readonly startTrace: StartTrace,
    private readonly read: ReadTraces,
    private readonly searchTraces: SearchTraces,
  ) {}

  @Endpoint({
    method: 'POST',
    path: v3,
    permission: 'tracking:write',
    summary: 'Stores a trace without its spans',
    request: startTraceRequest,
    response: traceResponse,
  })
  async start(@Input() input: z.infer<typeof startTraceRequest>, @Caller() actor: Actor): Promise<TraceResponse> {
    return { trace: { trace_info: traceInfoToWire(await this.startTrace.execute(actor, input.trace.trace_info)) } };
  }

  @Endpoint({
    method: 'POST',
    path: `${v3}/search`,
    permission: 'tracking:read',
    summary: 'Searches traces',
    request: searchTracesRequest,
    response: searchTracesResponse,
  })
  async search(
    @Input() input: SearchTracesRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof searchTracesResponse>> {
    const { traces, nextPageToken } = await this.searchTraces.execute(actor, input);
    return {
      ...(traces.length > 0 ? { traces: traces.map(traceInfoToWire) } : {}),
      ...(nextPageToken === null ? {} : { next_page_token: nextPageToken }),
    };
  }

  @Endpoint({
    method: 'POST',
    path: `${v3}/calculate-filter-correlation`,
    permission: 'tracking:read',
    summary: 'Tells how often two filters hold for the same traces',
    request: correlateFiltersRequest,
    response: correlateFiltersResponse,
  })
  async correlate(
    @Input() input: CorrelateFiltersRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof correlateFiltersResponse>> {
    const counts = await this.searchTraces.count(actor, input);
    const plain = npmi(counts);
    const smoothed = npmi(counts, jeffreysPrior);
    return {
      ...(plain === null ? {} : { npmi: plain }),
      ...(smoothed === null ? {} : { npmi_smoothed: smoothed }),
      filter1_count: counts.first,
      filter2_count: counts.second,
      joint_count: counts.both,
      total_count: counts.total,
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${v3}/get`,
    permission: 'tracking:read',
    summary: 'Reads a trace with its spans',
    request: getTraceRequest,
    produces: 'application/json',
  })
  async get(
    @Input() input: z.infer<typeof getTraceRequest>,
    @Caller() actor: Actor,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    await sendJson(reply, await this.read.whole(actor, input.trace_id, input.allow_partial));
  }

  @Endpoint({
    method: 'GET',
    path: `${v3}/batchGet`,
    permission: 'tracking:read',
    summary: 'Reads traces with their spans',
    request: batchGetTracesRequest,
    produces: 'application/json',
  })
  async batchGet(
    @Input() input: z.infer<typeof batchGetTracesRequest>,
    @Caller() actor: Actor,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    await sendJson(reply, await this.read.batch(actor, input.trace_ids, input.experiment_ids ?? null));
  }

  @Endpoint({
    method: 'POST',
    path: `${v3}/batchGetInfos`,
    permission: 'tracking:read',
    summary: 'Reads traces without their spans',
    request: batchGetTraceInfosRequest,
    response: batchGetTraceInfosResponse,
  })
  async batchGetInfos(
    @Input() input: z.infer<typeof batchGetTraceInfosRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof batchGetTraceInfosResponse>> {
    const traces = await this.read.infos(actor, input.trace_ids, input.experiment_ids ?? null);
    return traces.length > 0 ? { trace_infos: traces.map(traceInfoToWire) } : {};
  }

  @Endpoint({
    method: 'GET',
    path: `${v3}/:trace_id`,
    permission: 'tracking:read',
    summary: 'Reads a trace without its spans',
    request: getTraceInfoRequest,
    response: traceResponse,
  })
  async getInfo(@Input() input: z.infer<typeof getTraceInfoRequest>, @Caller() actor: Actor): Promise<TraceResponse> {
    return { trace: { trace_info: traceInfoToWire(await this.read.info(actor, input.trace_id)) } };
  }
}

async function sendJson(reply: FastifyReply, texts: AsyncGenerator<string>): Promise<void> {
  const answer = await sendable(gathered(texts));
  await reply.header('content-type', 'application/json; charset=utf-8').send(answer);
}
