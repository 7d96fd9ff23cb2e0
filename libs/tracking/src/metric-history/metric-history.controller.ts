import type { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  type MetricHistoryBulkRequest,
  metricHistoryBulkRequest,
  metricHistoryBulkResponse,
  type MetricHistoryRequest,
  metricHistoryRequest,
  metricHistoryResponse,
  type MetricHistorySampleRequest,
  metricHistorySampleRequest,
  metricHistorySampleResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import { MetricHistoryService } from './metric-history.service.js';

const root = '/api/2.0/mlflow/metrics';

@Controller()
export class MetricHistoryController {
  constructor(private readonly histories: MetricHistoryService) {}

  @Endpoint({
    method: 'GET',
    path: `${root}/get-history`,
    permission: 'tracking:read',
    summary: 'Reads all points of a metric',
    request: metricHistoryRequest,
    response: metricHistoryResponse,
    prebuilt: true,
  })
  async history(@Input() input: MetricHistoryRequest, @Caller() actor: Actor): Promise<Buffer | Readable> {
    return this.histories.one(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/get-history-bulk`,
    permission: 'tracking:read',
    summary: 'Reads the points of a metric in several runs',
    request: metricHistoryBulkRequest,
    response: metricHistoryBulkResponse,
    prebuilt: true,
  })
  async bulk(@Input() input: MetricHistoryBulkRequest, @Caller() actor: Actor): Promise<Buffer | Readable> {
    return this.histories.bulk(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/get-history-bulk-interval`,
    permission: 'tracking:read',
    summary: 'Reads evenly sampled points of a metric in several runs',
    request: metricHistorySampleRequest,
    response: metricHistorySampleResponse,
    prebuilt: true,
  })
  async samples(@Input() input: MetricHistorySampleRequest, @Caller() actor: Actor): Promise<Buffer | Readable> {
    return this.histories.samples(actor, input);
  }
}
