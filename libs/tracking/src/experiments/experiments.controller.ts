import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  type CreateExperimentRequest,
  createExperimentRequest,
  createExperimentResponse,
  deleteExperimentRequest,
  deleteExperimentTagRequest,
  emptyResponse,
  type ExperimentMessage,
  getExperimentByNameRequest,
  getExperimentRequest,
  getExperimentResponse,
  restoreExperimentRequest,
  searchExperimentsQuery,
  type SearchExperimentsRequest,
  searchExperimentsRequest,
  searchExperimentsResponse,
  setExperimentTagRequest,
  updateExperimentRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import type { Experiment } from './experiment.js';
import { ExperimentsService } from './experiments.service.js';

const root = '/api/2.0/mlflow/experiments';

@Controller()
export class ExperimentsController {
  constructor(private readonly experiments: ExperimentsService) {}

  @Endpoint({
    method: 'POST',
    path: `${root}/create`,
    permission: 'tracking:write',
    summary: 'Creates an experiment',
    request: createExperimentRequest,
    response: createExperimentResponse,
  })
  async create(
    @Input() input: CreateExperimentRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof createExperimentResponse>> {
    return { experiment_id: await this.experiments.create(actor, input) };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/get`,
    permission: 'tracking:read',
    summary: 'Reads an experiment',
    request: getExperimentRequest,
    response: getExperimentResponse,
  })
  async get(
    @Input() input: z.infer<typeof getExperimentRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof getExperimentResponse>> {
    return { experiment: toWire(await this.experiments.get(actor, input.experiment_id)) };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/get-by-name`,
    permission: 'tracking:read',
    summary: 'Reads an experiment by its name',
    request: getExperimentByNameRequest,
    response: getExperimentResponse,
  })
  async getByName(
    @Input() input: z.infer<typeof getExperimentByNameRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof getExperimentResponse>> {
    return { experiment: toWire(await this.experiments.getByName(actor, input.experiment_name)) };
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/search`,
    permission: 'tracking:read',
    summary: 'Searches experiments',
    request: searchExperimentsRequest,
    response: searchExperimentsResponse,
  })
  async search(
    @Input() input: SearchExperimentsRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof searchExperimentsResponse>> {
    const { experiments, nextPageToken } = await this.experiments.search(actor, input);
    return {
      ...(experiments.length > 0 ? { experiments: experiments.map(toWire) } : {}),
      ...(nextPageToken !== null ? { next_page_token: nextPageToken } : {}),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/search`,
    permission: 'tracking:read',
    summary: 'Searches experiments',
    request: searchExperimentsQuery,
    response: searchExperimentsResponse,
  })
  async searchByQuery(
    @Input() input: SearchExperimentsRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof searchExperimentsResponse>> {
    return this.search(input, actor);
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/delete`,
    permission: 'tracking:write',
    summary: 'Deletes an experiment and its runs; restorable',
    request: deleteExperimentRequest,
    response: emptyResponse,
  })
  async delete(
    @Input() input: z.infer<typeof deleteExperimentRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.experiments.delete(actor, input.experiment_id);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/restore`,
    permission: 'tracking:write',
    summary: 'Restores a deleted experiment and all its runs',
    request: restoreExperimentRequest,
    response: emptyResponse,
  })
  async restore(
    @Input() input: z.infer<typeof restoreExperimentRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.experiments.restore(actor, input.experiment_id);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/update`,
    permission: 'tracking:write',
    summary: 'Renames an experiment',
    request: updateExperimentRequest,
    response: emptyResponse,
  })
  async update(
    @Input() input: z.infer<typeof updateExperimentRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.experiments.rename(actor, input.experiment_id, input.new_name);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/set-experiment-tag`,
    permission: 'tracking:write',
    summary: 'Sets a tag of an experiment',
    request: setExperimentTagRequest,
    response: emptyResponse,
  })
  async setTag(
    @Input() input: z.infer<typeof setExperimentTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.experiments.setTag(actor, input.experiment_id, { key: input.key, value: input.value });
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/delete-experiment-tag`,
    permission: 'tracking:write',
    summary: 'Deletes a tag of an experiment',
    request: deleteExperimentTagRequest,
    response: emptyResponse,
  })
  async deleteTag(
    @Input() input: z.infer<typeof deleteExperimentTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.experiments.deleteTag(actor, input.experiment_id, input.key);
    return {};
  }
}

function toWire(experiment: Experiment): ExperimentMessage {
  return {
    experiment_id: experiment.id,
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.lifecycleStage,
    creation_time: experiment.createdMs,
    last_update_time: experiment.updatedMs,
    ...(experiment.tags.length > 0 ? { tags: [...experiment.tags] } : {}),
  };
}
