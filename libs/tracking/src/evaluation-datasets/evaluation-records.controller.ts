import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  deleteEvaluationRecordsRequest,
  deleteEvaluationRecordsResponse,
  evaluationRecordsResponse,
  getEvaluationRecordsRequest,
  upsertEvaluationRecordsRequest,
  upsertEvaluationRecordsResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { EvaluationDatasetsService } from './evaluation-datasets.service.js';

const path = '/api/3.0/mlflow/datasets/:dataset_id/records';

@Controller()
export class EvaluationRecordsController {
  constructor(private readonly datasets: EvaluationDatasetsService) {}

  @Endpoint({
    method: 'POST',
    path,
    permission: 'tracking:write',
    summary: 'Adds records to an evaluation dataset',
    request: upsertEvaluationRecordsRequest,
    response: upsertEvaluationRecordsResponse,
  })
  async upsert(
    @Input() { dataset_id: id, records }: z.infer<typeof upsertEvaluationRecordsRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof upsertEvaluationRecordsResponse>> {
    const { inserted, updated } = await this.datasets.upsert(actor, id, records);
    return { inserted_count: inserted, updated_count: updated };
  }

  @Endpoint({
    method: 'GET',
    path,
    permission: 'tracking:read',
    summary: 'Reads records of an evaluation dataset',
    request: getEvaluationRecordsRequest,
    response: evaluationRecordsResponse,
  })
  async page(
    @Input() { dataset_id: id, max_results: size, page_token: token }: z.infer<typeof getEvaluationRecordsRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof evaluationRecordsResponse>> {
    const { records, nextPageToken } = await this.datasets.page(actor, id, { size, token });
    return {
      records: `[${records.join(', ')}]`,
      ...(nextPageToken === null ? {} : { next_page_token: nextPageToken }),
    };
  }

  @Endpoint({
    method: 'DELETE',
    path,
    permission: 'tracking:write',
    summary: 'Deletes records of an evaluation dataset',
    request: deleteEvaluationRecordsRequest,
    response: deleteEvaluationRecordsResponse,
  })
  async delete(
    @Input() { dataset_id: id, dataset_record_ids: records }: z.infer<typeof deleteEvaluationRecordsRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof deleteEvaluationRecordsResponse>> {
    return { deleted_count: await this.datasets.deleteRecords(actor, id, records) };
  }
}
