import { z, type ZodType } from 'zod';
import { type EndpointOptions, pathsOf } from './endpoint.js';
import { isMlflowPath } from './error-shape.js';

type Json = { [key: string]: unknown };

const problem: Json = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
  properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, code: { type: 'string' }, detail: { type: 'string' }, requestId: { type: 'string' } },
};
const mlflowError: Json = {
  type: 'object',
  description: 'The error shape of the MLflow REST API',
  required: ['error_code', 'message'],
  properties: { error_code: { type: 'string' }, message: { type: 'string' } },
};

/** The OpenAPI 3.1 document of a set of endpoints, from the same declarations that route and validate them. Mirrors are left out. */
export function buildOpenApi(endpoints: readonly EndpointOptions[]): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    for (const path of pathsOf(endpoint).filter((each) => !each.startsWith('/ajax-api/'))) {
      const documented = path.replaceAll(/:(\w+)/g, '{$1}').replace(/\/\*(\w*)$/, (_, name: string) => `/{${name || 'path'}}`);
      paths[documented] = { ...paths[documented], [endpoint.method.toLowerCase()]: operation(endpoint, documented) };
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Assay', version: '0.1.0', description: 'Model lifecycle platform: tracking and registry compatible with MLflow, governed promotion, drift, and a verifiable audit log.' },
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components: { schemas: { Problem: problem, MlflowError: mlflowError }, securitySchemes: { token: { type: 'http', scheme: 'bearer' }, password: { type: 'http', scheme: 'basic' } } },
    security: [{ token: [] }, { password: [] }, {}],
  };
}

function operation(endpoint: EndpointOptions, path: string): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const schema = endpoint.request ? jsonSchema(endpoint.request, 'input') : { type: 'object', properties: {} };
  const properties = objectOf(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const inQuery = endpoint.method === 'GET' || endpoint.method === 'HEAD' || endpoint.streams !== undefined;
  const pathParameters = names.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? { type: 'string' } }));
  const rest = Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
  const query = inQuery ? Object.entries(rest).map(([name, each]) => ({ name, in: 'query', required: required.includes(name), schema: each })) : [];
  const error = isMlflowPath(path) ? { 'application/json': { schema: { $ref: '#/components/schemas/MlflowError' } } } : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const success = endpoint.response
    ? { description: 'Success', content: { 'application/json': { schema: jsonSchema(endpoint.response, 'output') } } }
    : { description: 'Success', ...(endpoint.produces ? { content: { [endpoint.produces]: { schema: {} } } } : {}) };
  return {
    operationId: `${endpoint.method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, '')}`,
    summary: endpoint.summary,
    ...(endpoint.description ? { description: endpoint.description } : {}),
    tags: [tagOf(path)],
    ...(endpoint.permission === 'public' ? { security: [{}] } : {}),
    parameters: [...pathParameters, ...query],
    ...requestBody(endpoint, inQuery, rest, required.filter((name) => name in rest), schema),
    responses: { [String(endpoint.status ?? 200)]: success, '4XX': { description: 'Refused; nothing changed', content: error } },
  };
}

function requestBody(endpoint: EndpointOptions, inQuery: boolean, properties: Json, required: string[], whole: Json): Json {
  if (endpoint.streams) return { requestBody: { required: true, content: Object.fromEntries(endpoint.streams.map((type) => [type, { schema: { type: 'string', format: 'binary' } }])) } };
  if (inQuery || !endpoint.request) return {};
  const schema = { ...whole, properties, ...(required.length > 0 ? { required } : { required: undefined }) };
  return { requestBody: { required: required.length > 0, content: { 'application/json': { schema: JSON.parse(JSON.stringify(schema)) } } } };
}

function jsonSchema(schema: ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12', reused: 'inline' });
  return rest;
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function tagOf(path: string): string {
  const parts = path.split('/').filter(Boolean);
  if (parts[0] === 'api' && parts[1] === 'v1') return parts[2] ?? 'assay';
  if (parts[0] === 'api') return `mlflow ${parts[3] ?? parts[2] ?? ''}`.trim();
  return parts[0] ?? 'assay';
}
