import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  deleteTracesRequest,
  type DeleteTracesRequest,
  deleteTracesResponse,
  deleteTraceTagRequest,
  emptyResponse,
  linkPromptsToTraceRequest,
  linkTracesToRunRequest,
  setTraceTagRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { TracesService } from './traces.service.js';

const v3 = '/api/3.0/mlflow/traces';
const v2 = '/api/2.0/mlflow/traces';

/** What is changed of traces that are there. Clients of MLflow make these calls under version 2.0 of the path, or under both. */
@Controller()
export class TraceChangesController {
  constructor(private readonly traces: TracesService) {}

  @Endpoint({
    method: 'PATCH',
    path: [`${v3}/:trace_id/tags`, `${v2}/:trace_id/tags`],
    permission: 'tracking:write',
    summary: 'Sets a tag of a trace',
    request: setTraceTagRequest,
    response: emptyResponse,
  })
  async setTag(
    @Input() input: z.infer<typeof setTraceTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.traces.setTag(actor, input.trace_id, input.key, input.value);
    return {};
  }

  @Endpoint({
    method: 'DELETE',
    path: [`${v3}/:trace_id/tags`, `${v2}/:trace_id/tags`],
    permission: 'tracking:write',
    summary: 'Deletes a tag of a trace',
    request: deleteTraceTagRequest,
    response: emptyResponse,
  })
  async deleteTag(
    @Input() input: z.infer<typeof deleteTraceTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.traces.deleteTag(actor, input.trace_id, input.key);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: [`${v3}/delete-traces`, `${v2}/delete-traces`],
    permission: 'tracking:write',
    summary: 'Deletes traces',
    request: deleteTracesRequest,
    response: deleteTracesResponse,
  })
  async delete(
    @Input() input: DeleteTracesRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof deleteTracesResponse>> {
    return { traces_deleted: await this.traces.delete(actor, input) };
  }

  @Endpoint({
    method: 'POST',
    path: `${v2}/link-to-run`,
    permission: 'tracking:write',
    summary: 'Links traces to a run',
    request: linkTracesToRunRequest,
    response: emptyResponse,
  })
  async linkToRun(
    @Input() input: z.infer<typeof linkTracesToRunRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.traces.linkToRun(actor, input.trace_ids, input.run_id);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${v2}/link-prompts`,
    permission: 'tracking:write',
    summary: 'Links versions of prompts to a trace',
    request: linkPromptsToTraceRequest,
    response: emptyResponse,
  })
  async linkPrompts(
    @Input() input: z.infer<typeof linkPromptsToTraceRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.traces.linkPrompts(actor, input.trace_id, input.prompt_versions);
    return {};
  }
}
