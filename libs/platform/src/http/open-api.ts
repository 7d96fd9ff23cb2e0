import { type EndpointOptions, pathsOf } from './endpoint.js';
import { isMlflowPath } from './error-shape.js';
import { type Json, OpenApiSchemas } from './open-api-schemas.js';

const problem: Json = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
  properties: {
    type: { type: 'string', description: 'Always about:blank; `code` tells the kind.' },
    title: { type: 'string', description: 'What kind of problem, for people.' },
    status: { type: 'integer', description: 'Status of the answer.' },
    code: { type: 'string', description: 'Stable name of the kind of problem.' },
    detail: { type: 'string', description: 'What is wrong here and what to do.' },
    requestId: { type: 'string', description: 'Id of the request, as in the log.' },
  },
};
const mlflowError: Json = {
  type: 'object',
  description: 'The error shape of the MLflow REST API',
  required: ['error_code', 'message'],
  properties: {
    error_code: { type: 'string', description: "MLflow's name of the kind of problem." },
    message: { type: 'string', description: 'What is wrong here and what to do.' },
  },
};

/** The OpenAPI 3.1 document of a set of endpoints, from the same declarations that route and validate them. Mirrors are left out. */
export function buildOpenApi(endpoints: readonly EndpointOptions[]): Json {
  const schemas = new OpenApiSchemas();
  for (const { request, streamedJson, response } of endpoints) {
    if (streamedJson) schemas.add(streamedJson, 'input');
    if (request) schemas.add(request, 'input');
    if (response) schemas.add(response, 'output');
  }
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    for (const path of pathsOf(endpoint).filter((each) => !each.startsWith('/ajax-api/'))) {
      const documented = path
        .replaceAll(/:(\w+)/g, '{$1}')
        .replace(/\/\*(\w*)$/, (_, name: string) => `/{${name || 'path'}}`);
      paths[documented] = {
        ...paths[documented],
        [endpoint.method.toLowerCase()]: operation(endpoint, documented, schemas),
      };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay',
      version: '0.1.0',
      description:
        'Model lifecycle platform: tracking and registry compatible with MLflow, governed promotion, drift, and a verifiable audit log.',
    },
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: { Problem: problem, MlflowError: mlflowError, ...schemas.components() },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' }, password: { type: 'http', scheme: 'basic' } },
    },
    security: [{ token: [] }, { password: [] }, {}],
  };
}

const protobuf = 'application/x-protobuf';

function operation(endpoint: EndpointOptions, path: string, schemas: OpenApiSchemas): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const fields = endpoint.request ? schemas.fieldsOf(endpoint.request) : null;
  const inQuery = endpoint.method === 'GET' || endpoint.method === 'HEAD' || endpoint.streams !== undefined;
  const pathParameters = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: fields?.properties[name] ?? { type: 'string' },
  }));
  const rest = Object.entries(fields?.properties ?? {}).filter(([name]) => !names.includes(name));
  const query = inQuery
    ? rest.map(([name, schema]) => ({ name, in: 'query', required: fields?.required.includes(name) ?? false, schema }))
    : [];
  const error = {
    ...(isMlflowPath(path)
      ? { 'application/json': { schema: { $ref: '#/components/schemas/MlflowError' } } }
      : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }),
    // Whoever sends protobuf is answered in it.
    ...(endpoint.streams?.includes(protobuf) === true ? { [protobuf]: { schema: {} } } : {}),
  };
  const success = endpoint.response
    ? {
        description: 'Success',
        content: { 'application/json': { schema: schemas.write(endpoint.response, 'output') } },
      }
    : { description: 'Success', ...(endpoint.produces ? { content: { [endpoint.produces]: { schema: {} } } } : {}) };
  return {
    operationId: `${endpoint.method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, '')}`,
    summary: endpoint.summary,
    ...(endpoint.description ? { description: endpoint.description } : {}),
    tags: [tagOf(path)],
    ...(endpoint.permission === 'public' ? { security: [{}] } : {}),
    parameters: [...pathParameters, ...query],
    ...requestBody(endpoint, inQuery, names, schemas),
    responses: {
      [String(endpoint.status ?? 200)]: success,
      '4XX': { description: 'Refused; nothing changed', content: error },
      ...(endpoint.notEverywhere === undefined
        ? {}
        : { '501': { description: endpoint.notEverywhere, content: error } }),
    },
  };
}

/** The body is the request schema less what the path holds already. */
function requestBody(
  { streams, streamedJson, request }: EndpointOptions,
  inQuery: boolean,
  inPath: readonly string[],
  schemas: OpenApiSchemas,
): Json {
  if (streams)
    return {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          streams.map((type) => {
            const isJson = type === 'application/json' && streamedJson !== undefined;
            return [
              type,
              { schema: isJson ? schemas.write(streamedJson, 'input') : { type: 'string', format: 'binary' } },
            ];
          }),
        ),
      },
    };
  if (inQuery || !request) return {};
  const fields = schemas.fieldsOf(request);
  const content = (schema: Json): Json => ({ 'application/json': { schema } });
  if (!fields) return { requestBody: { required: true, content: content(schemas.write(request, 'input')) } };
  const properties = Object.fromEntries(Object.entries(fields.properties).filter(([name]) => !inPath.includes(name)));
  const required = fields.required.filter((name) => !inPath.includes(name));
  if (Object.keys(properties).length === 0) return {};
  if (inPath.length === 0)
    return { requestBody: { required: required.length > 0, content: content(schemas.write(request, 'input')) } };
  const { required: _, ...whole } = fields.whole;
  return {
    requestBody: {
      required: required.length > 0,
      content: content({ ...whole, properties, ...(required.length > 0 ? { required } : {}) }),
    },
  };
}

function tagOf(path: string): string {
  const parts = path.split('/').filter(Boolean);
  if (parts[0] === 'api' && parts[1] === 'v1') return parts[2] ?? 'assay';
  if (parts[0] === 'api') return `mlflow ${parts[3] ?? parts[2] ?? ''}`.trim();
  return parts[0] ?? 'assay';
}
