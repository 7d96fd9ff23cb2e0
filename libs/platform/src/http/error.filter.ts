import { isMlflowEndpoint } from '@assay/pure/mlflow-wire';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOG, type Logger } from '../telemetry/index.js';
import { AppError } from './app-error.js';
import { codeOfStatus, fromDatabase, shapeError, unsupportedMediaType } from './error-shape.js';
import { EndpointRegistry } from './endpoint-registry.js';
import { otlpStatus, wantsOtlpStatus } from './otlp-status.js';
import './request-state.js';

/** The one place where an error becomes a status and a body. What it doesn't know is logged and answered without detail. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    @Inject(LOG) private readonly log: Logger,
    private readonly endpoints: EndpointRegistry,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const known = this.known(error, request);
    if (!known)
      this.log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
    const answer = shapeError(
      known ?? new AppError('INTERNAL_ERROR', 'The server failed; its log has the details under this request id.'),
      request.url,
      request.context.requestId,
    );
    if (reply.raw.headersSent) {
      request.raw.destroy();
      return;
    }
    const { message } = answer.body;
    const inProtobuf = wantsOtlpStatus(request) && typeof message === 'string';
    void reply
      .status(answer.status)
      .headers(answer.headers)
      .header('content-type', inProtobuf ? 'application/x-protobuf' : answer.contentType)
      .send(inProtobuf ? otlpStatus(message) : JSON.stringify(answer.body));
  }

  private known(error: unknown, request: FastifyRequest): AppError | null {
    if (error instanceof AppError) return error;
    if (error instanceof HttpException && error.getStatus() === 404) return this.unrouted(request);
    const status = error instanceof HttpException ? error.getStatus() : frameworkStatus(error);
    if (status === 415) return unsupportedMediaType(request.url);
    if (status !== null && status < 500) return new AppError(codeOfStatus(status), sentence(error));
    return fromDatabase(error);
  }

  private unrouted(request: FastifyRequest): AppError {
    const path = request.url.split('?')[0] ?? '/';
    if (isMlflowEndpoint(request.method, path))
      return new AppError('NOT_IMPLEMENTED', `${request.method} ${path} of MLflow is not implemented by this server.`);
    const allowed = this.endpoints.methodsOf(path);
    if (allowed.length > 0)
      return new AppError('METHOD_NOT_ALLOWED', `${request.method} is not allowed here; use ${allowed.join(' or ')}.`);
    return new AppError('ENDPOINT_NOT_FOUND', 'There is no such endpoint: /docs lists all of them.');
  }
}

/** Fastify's own errors (malformed URL, wrong content length, body too large) carry a status. */
function frameworkStatus(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null;
}

function sentence(error: unknown): string {
  return error instanceof Error ? `${error.message.replace(/\.$/, '')}.` : 'The request could not be read.';
}
