import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  type CreateEvaluationDatasetRequest,
  createEvaluationDatasetRequest,
  deleteEvaluationDatasetTagRequest,
  emptyResponse,
  evaluationDatasetExperimentsRequest,
  evaluationDatasetExperimentsResponse,
  evaluationDatasetRequest,
  evaluationDatasetResponse,
  searchEvaluationDatasetsQuery,
  type SearchEvaluationDatasetsRequest,
  searchEvaluationDatasetsRequest,
  searchEvaluationDatasetsResponse,
  setEvaluationDatasetTagsRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { datasetToWire } from './evaluation-dataset.js';
import { EvaluationDatasetsService } from './evaluation-datasets.service.js';

const root = '/api/3.0/mlflow/datasets';
type DatasetResponse = z.infer<typeof evaluationDatasetResponse>;
type SearchResponse = z.infer<typeof searchEvaluationDatasetsResponse>;
type Experiments = z.infer<typeof evaluationDatasetExperimentsRequest>;
type One = z.infer<typeof evaluationDatasetRequest>;

@Controller()
export class EvaluationDatasetsController {
  constructor(private readonly datasets: EvaluationDatasetsService) {}

  @Endpoint({
    method: 'POST',
    path: `${root}/create`,
    permission: 'tracking:write',
    summary: 'Creates an evaluation dataset',
    request: createEvaluationDatasetRequest,
    response: evaluationDatasetResponse,
  })
  async create(@Input() input: CreateEvaluationDatasetRequest, @Caller() actor: Actor): Promise<DatasetResponse> {
    return { dataset: datasetToWire(await this.datasets.create(actor, input)) };
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/search`,
    permission: 'tracking:read',
    summary: 'Searches evaluation datasets',
    request: searchEvaluationDatasetsRequest,
    response: searchEvaluationDatasetsResponse,
  })
  async search(@Input() input: SearchEvaluationDatasetsRequest, @Caller() actor: Actor): Promise<SearchResponse> {
    const { datasets, nextPageToken } = await this.datasets.search(actor, input);
    return {
      ...(datasets.length > 0 ? { datasets: datasets.map(datasetToWire) } : {}),
      ...(nextPageToken === null ? {} : { next_page_token: nextPageToken }),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/search`,
    permission: 'tracking:read',
    summary: 'Searches evaluation datasets',
    request: searchEvaluationDatasetsQuery,
    response: searchEvaluationDatasetsResponse,
  })
  async searchByQuery(
    @Input() input: SearchEvaluationDatasetsRequest,
    @Caller() actor: Actor,
  ): Promise<SearchResponse> {
    return this.search(input, actor);
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/:dataset_id`,
    permission: 'tracking:read',
    summary: 'Reads an evaluation dataset without its records',
    request: evaluationDatasetRequest,
    response: evaluationDatasetResponse,
  })
  async get(@Input() { dataset_id: id }: One, @Caller() actor: Actor): Promise<DatasetResponse> {
    return { dataset: datasetToWire(await this.datasets.get(actor, id)) };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${root}/:dataset_id`,
    permission: 'tracking:write',
    summary: 'Deletes an evaluation dataset and its records',
    request: evaluationDatasetRequest,
    response: emptyResponse,
  })
  async delete(@Input() { dataset_id: id }: One, @Caller() actor: Actor): Promise<Record<string, never>> {
    await this.datasets.delete(actor, id);
    return {};
  }

  @Endpoint({
    method: 'PATCH',
    path: `${root}/:dataset_id/tags`,
    permission: 'tracking:write',
    summary: 'Sets tags of an evaluation dataset',
    request: setEvaluationDatasetTagsRequest,
    response: emptyResponse,
  })
  async setTags(
    @Input() { dataset_id: id, tags }: z.infer<typeof setEvaluationDatasetTagsRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.datasets.setTags(actor, id, tags);
    return {};
  }

  @Endpoint({
    method: 'DELETE',
    path: `${root}/:dataset_id/tags/:key`,
    permission: 'tracking:write',
    summary: 'Deletes a tag of an evaluation dataset',
    request: deleteEvaluationDatasetTagRequest,
    response: emptyResponse,
  })
  async deleteTag(
    @Input() { dataset_id: id, key }: z.infer<typeof deleteEvaluationDatasetTagRequest>,
    @Caller() actor: Actor,
  ): Promise<Record<string, never>> {
    await this.datasets.deleteTag(actor, id, key);
    return {};
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/:dataset_id/experiment-ids`,
    permission: 'tracking:read',
    summary: 'Lists experiments of an evaluation dataset',
    request: evaluationDatasetRequest,
    response: evaluationDatasetExperimentsResponse,
  })
  async experimentIds(
    @Input() { dataset_id: id }: One,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof evaluationDatasetExperimentsResponse>> {
    const { experimentIds } = await this.datasets.get(actor, id);
    return experimentIds.length === 0 ? {} : { experiment_ids: [...experimentIds] };
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/:dataset_id/add-experiments`,
    permission: 'tracking:write',
    summary: 'Adds an evaluation dataset to experiments',
    request: evaluationDatasetExperimentsRequest,
    response: evaluationDatasetResponse,
  })
  async addExperiments(@Input() input: Experiments, @Caller() actor: Actor): Promise<DatasetResponse> {
    return {
      dataset: datasetToWire(await this.datasets.addExperiments(actor, input.dataset_id, input.experiment_ids)),
    };
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/:dataset_id/remove-experiments`,
    permission: 'tracking:write',
    summary: 'Removes an evaluation dataset from experiments',
    request: evaluationDatasetExperimentsRequest,
    response: evaluationDatasetResponse,
  })
  async removeExperiments(@Input() input: Experiments, @Caller() actor: Actor): Promise<DatasetResponse> {
    const dataset = await this.datasets.removeExperiments(actor, input.dataset_id, input.experiment_ids);
    return { dataset: datasetToWire(dataset) };
  }
}
