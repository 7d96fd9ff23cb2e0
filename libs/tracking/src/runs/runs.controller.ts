import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, idempotencyKey, Input, RawRequest } from '@assay/platform/http';
import {
  type CreateRunRequest,
  createRunRequest,
  deleteRunRequest,
  emptyResponse,
  getRunRequest,
  restoreRunRequest,
  runResponse,
  type UpdateRunRequest,
  updateRunRequest,
  updateRunResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CreateRun } from './create-run.js';
import { ReadRuns } from './read-runs.js';
import { runInfoToWire, runToWire } from './run-to-wire.js';
import { RunsService } from './runs.service.js';

const root = '/api/2.0/mlflow/runs';
const opened = Buffer.from('{"run":');
const closed = Buffer.from('}');

@Controller()
export class RunsController {
  constructor(
    private readonly createRun: CreateRun,
    private readonly runs: RunsService,
    private readonly readRuns: ReadRuns,
  ) {}

  @Endpoint({
    method: 'POST',
    path: `${root}/create`,
    permission: 'tracking:write',
    summary: 'Starts a run',
    request: createRunRequest,
    response: runResponse,
  })
  async create(
    @Input() input: CreateRunRequest,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
  ): Promise<z.infer<typeof runResponse>> {
    return {
      run: runToWire(await this.createRun.execute(actor, input, idempotencyKey(request.headers['idempotency-key']))),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/get`,
    permission: 'tracking:read',
    summary: 'Reads a run with all that was logged to it',
    request: getRunRequest,
    response: runResponse,
    prebuilt: true,
  })
  async get(@Input() input: z.infer<typeof getRunRequest>, @Caller() actor: Actor): Promise<Buffer> {
    return Buffer.concat([opened, await this.readRuns.byId(actor, input.run_id), closed]);
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/update`,
    permission: 'tracking:write',
    summary: 'Changes status, end time or name of a run',
    request: updateRunRequest,
    response: updateRunResponse,
  })
  async update(@Input() input: UpdateRunRequest, @Caller() actor: Actor): Promise<z.infer<typeof updateRunResponse>> {
    return { run_info: runInfoToWire(await this.runs.update(actor, input)) };
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/delete`,
    permission: 'tracking:write',
    summary: 'Deletes a run; restorable',
    request: deleteRunRequest,
    response: emptyResponse,
  })
  async delete(
    @Input() input: z.infer<typeof deleteRunRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.runs.delete(actor, input.run_id);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/restore`,
    permission: 'tracking:write',
    summary: 'Restores a deleted run',
    request: restoreRunRequest,
    response: emptyResponse,
  })
  async restore(
    @Input() input: z.infer<typeof restoreRunRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.runs.restore(actor, input.run_id);
    return {};
  }
}
