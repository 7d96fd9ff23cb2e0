export { AppError } from './app-error.js';
export { CheckpointSource } from './checkpoint-source.js';
export { createHttpApp } from './create-http-app.js';
export { Caller, Endpoint, Input, RawReply, RawRequest, endpointOf, pathsOf, type EndpointOptions } from './endpoint.js';
export { EndpointRegistry } from './endpoint-registry.js';
export { fromDatabase, isMlflowPath } from './error-shape.js';
export { HttpModule } from './http.module.js';
export { findNul, parseJsonBody } from './json-body.js';
export { buildOpenApi } from './open-api.js';
