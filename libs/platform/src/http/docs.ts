import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** Serves the document at `/api/v1/openapi.json` and a readable page of it at `/docs`, without a request to any other host. */
export function serveDocs(app: NestFastifyApplication, document: { [key: string]: unknown }): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/api/v1/openapi.json', async () => document);
  const paths: OpenAPIObject['paths'] = {};
  const page: OpenAPIObject = { ...document, openapi: '3.1.0', info: { title: 'Assay', version: '0.1.0' }, paths };
  SwaggerModule.setup('docs', app, page, {
    swaggerOptions: { url: '/api/v1/openapi.json', spec: undefined },
    customSiteTitle: 'Assay API',
    raw: false,
  });
}
