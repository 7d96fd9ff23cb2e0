import { Readable } from 'node:stream';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Observable, map, tap } from 'rxjs';
import type { ZodType } from 'zod';
import { Config } from '../config/index.js';
import { AppError } from './app-error.js';
import { type EndpointOptions, endpointOf } from './endpoint.js';
import { isMlflowPath, unsupportedMediaType } from './error-shape.js';
import { describeIssue, describeMlflowIssue } from './issue-text.js';
import { findNul } from './json-body.js';
import { callerOn } from './models-asked.js';
import { ModelsBehind } from './models-behind.js';
import './request-state.js';

/** Parses each request by its endpoint's schema before the handler, and shapes each answer by the response schema after it. */
@Injectable()
export class ValidationInterceptor implements NestInterceptor {
  constructor(
    private readonly config: Config,
    private readonly things: ModelsBehind,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    const endpoint = endpointOf(context.getHandler());
    if (!endpoint) throw new Error(`${context.getClass().name}.${context.getHandler().name} is no declared endpoint`);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const mlflow = isMlflowPath(request.url);
    if (!endpoint.streams && request.body instanceof Readable) {
      request.body.resume();
      throw unsupportedMediaType(request.url);
    }
    if (endpoint.request) {
      const raw = rawInput(request, endpoint);
      request.parsedInput = endpoint.quick?.(raw) ?? parse(raw, endpoint.request, mlflow, request.body);
    }
    const { models, permission } = endpoint;
    if (request.actor && models && permission !== 'public' && permission !== 'signed-in') {
      const caller = callerOn(request.actor, permission, models, request.parsedInput, this.things);
      if (caller instanceof Promise)
        return caller.then((known) => {
          request.actor = known;
          return this.answer(endpoint, mlflow, next);
        });
      request.actor = caller;
    }
    return this.answer(endpoint, mlflow, next);
  }

  private answer({ response, prebuilt }: EndpointOptions, mlflow: boolean, next: CallHandler): Observable<unknown> {
    // MLflow's answers are built by typed mappers; checking each again would cost the hot path, so only tests do.
    if (!response || (mlflow && !this.config.testing)) return next.handle();
    if (prebuilt) return next.handle().pipe(tap((answer) => checkPrebuilt(answer, response)));
    return next.handle().pipe(map((answer) => (answer === undefined ? answer : response.parse(answer))));
  }
}

function parse(raw: object, schema: ZodType, mlflow: boolean, body: unknown): unknown {
  const parsed = schema.safeParse(raw, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const fields = parsed.error.issues.map((each) => ({ path: each.path.join('.'), problem: each.message }));
  const said = issue && (mlflow ? describeMlflowIssue(issue, body) : describeIssue(issue));
  throw new AppError('INVALID_PARAMETER_VALUE', said ?? 'The request is not acceptable.', { fields });
}

/** A stream is too long to be held, so it is not looked at. */
function checkPrebuilt(answer: unknown, response: ZodType): void {
  if (typeof answer === 'string' || Buffer.isBuffer(answer)) response.parse(JSON.parse(String(answer)));
}

function rawInput(request: FastifyRequest, { path, streams }: EndpointOptions): object {
  const fromQuery = request.method === 'GET' || request.method === 'HEAD' || streams !== undefined;
  const given: unknown = fromQuery ? request.query : (request.body ?? {});
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AppError('INVALID_PARAMETER_VALUE', 'The body must be a JSON object.');
  }
  const params = pathParameters(request.params, nameOfRest(path));
  if (findNul(fromQuery ? { ...given, ...params } : params))
    throw new AppError('INVALID_PARAMETER_VALUE', 'The URL holds a NUL character: remove it.');
  return { ...given, ...params };
}

/** Path parameters by name; what `*` stood for goes by the name behind it. */
function pathParameters(params: unknown, rest: string): object {
  if (typeof params !== 'object' || params === null) return {};
  const { '*': path, ...named }: { '*'?: unknown } = params;
  return path === undefined ? named : { ...named, [rest]: path };
}

/** `/files/*folder` names the rest of the path `folder`; a bare `*` names it `path`. As the API documentation does. */
function nameOfRest(path: EndpointOptions['path']): string {
  return /\*(\w+)$/.exec(String(path))?.[1] ?? 'path';
}
