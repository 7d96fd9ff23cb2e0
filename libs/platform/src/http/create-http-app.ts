import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { Type, DynamicModule } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/index.js';
import { type Logger, Metrics, nestLogger, requestContext } from '../telemetry/index.js';
import { AppError } from './app-error.js';
import { CheckpointSource } from './checkpoint-source.js';
import { answerClientError } from './client-error.js';
import { pathsOf } from './endpoint.js';
import { EndpointRegistry } from './endpoint-registry.js';
import { shapeError } from './error-shape.js';
import { parseJsonBody } from './json-body.js';
import { buildOpenApi } from './open-api.js';
import './request-state.js';
import { serveDocs } from './docs.js';

/** Builds the HTTP server of a service: Nest on Fastify, with our body parser, error shapes, headers and documentation. */
export async function createHttpApp(
  root: Type | DynamicModule,
  config: Config,
  log: Logger,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: config.http.bodyMaxBytes,
    requestIdHeader: false,
    trustProxy: config.http.trustedProxies.length > 0 ? [...config.http.trustedProxies] : false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 4096 },
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    // Requests are checked by the endpoint's own schema: Fastify's compilers would be loaded for nothing.
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
    // MLflow's server takes `//model-versions/…` for `/model-versions/…`. Permissions hang on the handler, not on how its path was written.
    rewriteUrl: ({ url = '/' }) => (url.startsWith('//') ? url.replace(/^\/+/, '/') : url),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const answer = shapeError(
        new AppError('BAD_REQUEST', `${error.message.replace(/\.$/, '')}.`),
        request.url,
        request.id,
      );
      void reply.status(answer.status).header('content-type', answer.contentType).send(JSON.stringify(answer.body));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: nestLogger(log),
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json(?:;|$)/i,
    { parseAs: 'buffer' },
    (_request, bytes, done) => {
      try {
        done(null, parseJsonBody(bytes));
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  );
  // Everything else reaches the handler as a stream; an endpoint that takes none refuses it (415).
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  fastify.decorateRequest('actor', null);
  fastify.decorateRequest('parsedInput', null);
  const takesFiles = new Set<string>();
  const ours = knownHosts(config);
  fastify.addHook('onRequest', (request, reply, done) => {
    request.context = { requestId: request.id, sourceAddress: request.ip, auditIds: [] };
    // A file may say that it is JSON: an endpoint that takes files gets its bytes, not its meaning.
    if (request.method !== 'GET' && takesFiles.has(`${request.method} ${request.routeOptions.url ?? ''}`))
      request.headers['content-type'] = 'application/octet-stream';
    const refused = foreignOrigin(request.headers, ours);
    if (!refused) return requestContext.run(request.context, done);
    const answer = shapeError(refused, request.url, request.id);
    void reply.status(answer.status).header('content-type', answer.contentType).send(JSON.stringify(answer.body));
  });
  let checkpoints: CheckpointSource | null = null;
  // Hooks that wait for nothing take a callback: a promise for each request and hook would be a tenth of a small request.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    const { auditIds } = request.context;
    if (auditIds.length > 0) void reply.header('assay-audit-id', auditIds.slice(0, 20).join(', '));
    const latest = checkpoints?.latest();
    if (latest) void reply.header('assay-checkpoint', `${latest.size} ${latest.rootBase64}`);
    // Of requests sent one behind the other, the one before makes room for this answer: what is read on is read as this request all the same.
    if (payload instanceof Readable) payload._read = AsyncResource.bind(payload._read.bind(payload));
    done(null, payload);
  });
  const metrics = app.get(Metrics, { strict: false });
  fastify.addHook('onResponse', (request, reply, done) => {
    metrics.observeRequest(
      request.method,
      request.routeOptions.url ?? 'none',
      reply.statusCode,
      reply.elapsedTime / 1000,
    );
    done();
  });
  await app.init();
  checkpoints = checkpointSource(app);
  const endpoints = app.get(EndpointRegistry).all();
  // One that lists JSON beside its streams gets it parsed.
  for (const endpoint of endpoints.filter(
    ({ streams }) => streams !== undefined && !streams.includes('application/json'),
  )) {
    for (const path of pathsOf(endpoint)) takesFiles.add(`${endpoint.method} ${path.replace(/\*\w*$/, '*')}`);
  }
  serveDocs(app, () => buildOpenApi(endpoints));
  await fastify.ready();
  return app;
}

function noSchema(): never {
  throw new Error('an endpoint declares its schemas by @Endpoint, not to Fastify');
}

/** The audit service's newest checkpoint, where this process runs that service. */
function checkpointSource(app: NestFastifyApplication): CheckpointSource | null {
  const found: unknown = app
    .get(DiscoveryService, { strict: false })
    .getProviders()
    .find((provider) => provider.token === CheckpointSource)?.instance;
  return found instanceof CheckpointSource ? found : null;
}

/** DNS rebinding and cross-site calls: a foreign Host header, or a foreign Origin on any call that may change something. */
function foreignOrigin(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  ours: (host: string) => boolean,
): AppError | null {
  if (!ours(String(headers.host ?? '')))
    return new AppError(
      'PERMISSION_DENIED',
      'Invalid Host header: add the name to ASSAY_HTTP_ALLOWED_HOSTS if it is one of ours.',
    );
  if (typeof headers.origin !== 'string') return null;
  const origin = URL.canParse(headers.origin) ? new URL(headers.origin).hostname : '';
  return ours(origin) ? null : new AppError('PERMISSION_DENIED', 'This call comes from a page of another site.');
}

/** Answers whether a Host header, with or without its port, names us. Almost all requests carry the same: the last good one is remembered. */
function knownHosts(config: Config): (header: string) => boolean {
  let last = 'localhost';
  return (header) => {
    if (header === last) return true;
    const known = knownHost(header.replace(/:\d+$/, '').toLowerCase(), config);
    if (known) last = header;
    return known;
  };
}

function knownHost(host: string, config: Config): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === config.http.host || config.http.allowedHosts.includes(name)) return true;
  return isIP(name) === 4 ? name.startsWith('127.') : name === '::1';
}
