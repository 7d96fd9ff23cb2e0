import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  deleteRunTagRequest,
  emptyResponse,
  type LogBatchRequest,
  logBatchRequest,
  logMetricRequest,
  logModelRequest,
  logParamRequest,
  readPlainLogBatch,
  readPlainLogMetric,
  setRunTagRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { LogBatch } from './log-batch.js';
import { RunTelemetryService } from './run-telemetry.service.js';

const root = '/api/2.0/mlflow/runs';
const nothing = { metrics: [], params: [], tags: [] };

@Controller()
export class RunTelemetryController {
  constructor(
    private readonly logBatch: LogBatch,
    private readonly telemetry: RunTelemetryService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: `${root}/log-batch`,
    permission: 'tracking:write',
    summary: 'Logs metrics, parameters and tags, all or none',
    request: logBatchRequest,
    quick: readPlainLogBatch,
    response: emptyResponse,
  })
  async batch(@Input() input: LogBatchRequest, @Caller() actor: Actor): Promise<Record<string, never>> {
    await this.logBatch.execute(actor, input);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/log-metric`,
    permission: 'tracking:write',
    summary: 'Logs a metric point',
    request: logMetricRequest,
    quick: readPlainLogMetric,
    response: emptyResponse,
  })
  async metric(
    @Input() { run_id, ...metric }: z.infer<typeof logMetricRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.logBatch.execute(actor, { ...nothing, run_id, metrics: [metric] });
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/log-parameter`,
    permission: 'tracking:write',
    summary: 'Logs a parameter; its value never changes',
    request: logParamRequest,
    response: emptyResponse,
  })
  async param(
    @Input() { run_id, ...param }: z.infer<typeof logParamRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.logBatch.execute(actor, { ...nothing, run_id, params: [param] });
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/set-tag`,
    permission: 'tracking:write',
    summary: 'Sets a tag of a run',
    request: setRunTagRequest,
    response: emptyResponse,
  })
  async tag(
    @Input() { run_id, ...tag }: z.infer<typeof setRunTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.logBatch.execute(actor, { ...nothing, run_id, tags: [tag] });
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/delete-tag`,
    permission: 'tracking:write',
    summary: 'Deletes a tag of a run',
    request: deleteRunTagRequest,
    response: emptyResponse,
  })
  async deleteTag(
    @Input() input: z.infer<typeof deleteRunTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.telemetry.deleteTag(actor, input.run_id, input.key);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/log-model`,
    permission: 'tracking:write',
    summary: 'Adds a model to the history of a run (older clients)',
    request: logModelRequest,
    response: emptyResponse,
  })
  async model(@Input() input: z.infer<typeof logModelRequest>, @Caller() actor: Actor): Promise<Record<string, never>> {
    await this.telemetry.logModel(actor, input.run_id, input.model_json);
    return {};
  }
}
