export type { Logger } from 'pino';
export { createLogger, nestLogger } from './logger.js';
export { Metrics } from './metrics.js';
export { requestContext, type Fence, type RequestContext } from './request-context.js';
export { LOG, TelemetryModule } from './telemetry.module.js';
