import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  emptyResponse,
  type LogInputsRequest,
  logInputsRequest,
  type LogOutputsRequest,
  logOutputsRequest,
  searchDatasetsRequest,
  searchDatasetsResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { InputsService } from './inputs.service.js';

@Controller()
export class InputsController {
  constructor(private readonly inputs: InputsService) {}

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/runs/log-inputs',
    permission: 'tracking:write',
    summary: 'Notes datasets and models that a run read',
    request: logInputsRequest,
    response: emptyResponse,
  })
  async logInputs(@Input() input: LogInputsRequest, @Caller() actor: Actor): Promise<Record<string, never>> {
    await this.inputs.logInputs(actor, input);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/runs/outputs',
    permission: 'tracking:write',
    summary: 'Notes models that a run made',
    request: logOutputsRequest,
    response: emptyResponse,
  })
  async logOutputs(@Input() input: LogOutputsRequest, @Caller() actor: Actor): Promise<Record<string, never>> {
    await this.inputs.logOutputs(actor, input);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: '/api/2.0/mlflow/experiments/search-datasets',
    permission: 'tracking:read',
    summary: 'Lists datasets that runs of some experiments read',
    request: searchDatasetsRequest,
    response: searchDatasetsResponse,
  })
  async searchDatasets(
    @Input() input: z.infer<typeof searchDatasetsRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof searchDatasetsResponse>> {
    const found = await this.inputs.datasetSummaries(actor, input.experiment_ids);
    if (found.length === 0) return {};
    return {
      dataset_summaries: found.map(({ experimentId, name, digest, context }) => ({
        experiment_id: experimentId,
        name,
        digest,
        ...(context === '' ? {} : { context }),
      })),
    };
  }
}
