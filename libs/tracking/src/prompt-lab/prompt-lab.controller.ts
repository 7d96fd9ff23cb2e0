import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, idempotencyKey, Input, RawRequest } from '@assay/platform/http';
import { type CreatePromptLabRunRequest, createPromptLabRunRequest, runResponse } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ReadRuns } from '../runs/read-runs.js';
import { CreatePromptLabRun } from './create-prompt-lab-run.js';

@Controller()
export class PromptLabController {
  constructor(
    private readonly createRun: CreatePromptLabRun,
    private readonly runs: ReadRuns,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/runs/create-promptlab-run',
    permission: 'tracking:write',
    summary: 'Keeps a trial of a prompt as a run, as the page of MLflow does',
    request: createPromptLabRunRequest,
    response: runResponse,
    prebuilt: true,
  })
  async create(
    @Input() trial: CreatePromptLabRunRequest,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
  ): Promise<Buffer> {
    const id = await this.createRun.execute(actor, trial, idempotencyKey(request.headers['idempotency-key']));
    const run = await this.runs.byId(actor, id);
    return Buffer.concat([Buffer.from('{"run":'), run, Buffer.from('}')]);
  }
}
