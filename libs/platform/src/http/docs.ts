import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

type Document = Readonly<Record<string, unknown>>;

@Module({})
class DocsModule {}

/**
 * Serves the document at `/api/v1/openapi.json` and a readable page of it at `/docs`, without a request to any other host. Both are made when
 * somebody first asks: describing every schema, and loading the page's own packages, would cost each start more than the rest of HTTP.
 */
export function serveDocs(app: NestFastifyApplication, build: () => Document): void {
  const fastify = app.getHttpAdapter().getInstance();
  let document: Document | null = null;
  fastify.get('/api/v1/openapi.json', async () => (document ??= build()));
  let page: Promise<NestFastifyApplication> | null = null;
  for (const path of ['/docs', '/docs/*'])
    fastify.get(path, async (request, reply) => {
      page ??= docsPage();
      const { statusCode, headers, rawPayload } = await (await page).inject({ method: 'GET', url: request.url });
      if (statusCode === 404) return reply.callNotFound();
      const { 'content-type': type, 'last-modified': modified, etag } = headers;
      const kept = { 'content-type': type, 'last-modified': modified, etag };
      for (const [name, value] of Object.entries(kept)) if (value !== undefined) void reply.header(name, value);
      return reply.code(statusCode).send(rawPayload);
    });
  fastify.addHook('onClose', async () => (await page?.catch(() => null))?.close());
}

/** Swagger's page adds its routes to an app that doesn't listen yet, so it gets one of its own that never does. */
async function docsPage(): Promise<NestFastifyApplication> {
  const { SwaggerModule } = await import('@nestjs/swagger');
  const app = await NestFactory.create<NestFastifyApplication>(DocsModule, new FastifyAdapter(), { logger: false });
  const page = { openapi: '3.1.0', info: { title: 'Assay', version: '0.1.0' }, paths: {} };
  SwaggerModule.setup('docs', app, page, {
    swaggerOptions: { url: '/api/v1/openapi.json', spec: undefined },
    customSiteTitle: 'Assay API',
    raw: false,
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
