import { Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** This process's metrics in the Prometheus text format: Node's own, and how long each route takes. */
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'assay_http_request_seconds',
    help: 'Time from arrival to the end of the answer, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** `route` is the pattern, never the URL: ids must not become label values. */
  observeRequest(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }
}
