import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  type QueryTraceMetricsRequest,
  queryTraceMetricsRequest,
  queryTraceMetricsResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { QueryTraceMetrics } from './query-trace-metrics.js';

@Controller()
export class TraceMetricsController {
  constructor(private readonly metrics: QueryTraceMetrics) {}

  @Endpoint({
    method: 'POST',
    path: '/api/3.0/mlflow/traces/metrics',
    permission: 'tracking:read',
    summary: 'Counts and measures traces, their spans, or what was said of them',
    request: queryTraceMetricsRequest,
    response: queryTraceMetricsResponse,
  })
  async query(
    @Input() asked: QueryTraceMetricsRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof queryTraceMetricsResponse>> {
    const points = await this.metrics.execute(actor, asked);
    if (points.length === 0) return {};
    return {
      data_points: points.map(({ dimensions, values }) => ({
        metric_name: asked.metric_name,
        ...(Object.keys(dimensions).length > 0 ? { dimensions: { ...dimensions } } : {}),
        values: { ...values },
      })),
    };
  }
}
