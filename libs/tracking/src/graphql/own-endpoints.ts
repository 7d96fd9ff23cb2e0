import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Message, OwnRequest } from './read-api.js';

/** Headers that say who calls, and for which workspace. */
const callerHeaders = ['authorization', 'host', 'x-mlflow-workspace'] as const;

/** This server's own endpoints, asked without a socket: every guard and check of theirs looks at the request as if the caller had sent it. */
@Injectable()
export class OwnEndpoints {
  constructor(private readonly host: HttpAdapterHost) {}

  /** @throws {AppError} with the words of the endpoint, where it refuses. */
  inTheNameOf(request: FastifyRequest): OwnRequest {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    for (const name of callerHeaders) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const remoteAddress = request.ip;
    return async (method, url, body) => {
      const answer = await fastify.inject({ method, url, headers, remoteAddress, ...(body === null ? {} : { body }) });
      const said: Message = answer.json();
      if (answer.statusCode === 200) return said;
      throw new AppError('INVALID_PARAMETER_VALUE', String(said.message));
    };
  }
}
