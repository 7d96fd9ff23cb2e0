import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, idempotencyKey, Input, RawRequest } from '@assay/platform/http';
import { type CreatePromptLabRunRequest, createPromptLabRunRequest, runResponse } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { runToWire } from '../runs/run-to-wire.js';
import { CreatePromptLabRun } from './create-prompt-lab-run.js';

@Controller()
export class PromptLabController {
  constructor(private readonly createRun: CreatePromptLabRun) {}

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/runs/create-promptlab-run',
    permission: 'tracking:write',
    summary: 'Keeps a trial of a prompt as a run, as the page of MLflow does',
    request: createPromptLabRunRequest,
    response: runResponse,
  })
  async create(
    @Input() trial: CreatePromptLabRunRequest,
    @Caller() actor: Actor,
    @RawRequest() request: FastifyRequest,
  ): Promise<z.infer<typeof runResponse>> {
    const key = idempotencyKey(request.headers['idempotency-key']);
    return { run: runToWire(await this.createRun.execute(actor, trial, key)) };
  }
}
