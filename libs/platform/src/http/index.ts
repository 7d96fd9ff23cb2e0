export { AppError } from './app-error.js';
export { CheckpointSource } from './checkpoint-source.js';
export { closeApp } from './close-app.js';
export { createHttpApp } from './create-http-app.js';
export {
  Caller,
  Endpoint,
  Input,
  RawReply,
  RawRequest,
  endpointOf,
  pathsOf,
  type EndpointOptions,
} from './endpoint.js';
export { EndpointRegistry } from './endpoint-registry.js';
export { fromDatabase, heldBy, isMlflowPath } from './error-shape.js';
export { HttpModule } from './http.module.js';
export { idempotencyKey } from './idempotency-key.js';
export { ListeningAddress } from './listening-address.js';
export { findNul, parseJsonBody } from './json-body.js';
export { ModelsBehind, type ModelLookup } from './models-behind.js';
export { buildOpenApi } from './open-api.js';
export { sentMediaType } from './otlp-status.js';
export { StatusModule } from './status.controller.js';
export { runService } from './run-service.js';
export { TestingModule, type Emptying } from './testing.controller.js';
