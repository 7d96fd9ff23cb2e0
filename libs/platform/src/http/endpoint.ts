import type { Permission } from '@assay/contracts';
import {
  Delete,
  Get,
  Head,
  Header,
  HttpCode,
  Patch,
  Post,
  Put,
  type ExecutionContext,
  Res,
  SetMetadata,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ZodType } from 'zod';
import type { ModelsAsked } from './models-asked.js';

export interface EndpointOptions {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path; `:name` is one segment, `*` the rest, named `path` unless a name follows (`*folder`). A path under `/api/2.0` or `/api/3.0` is served under `/ajax-api` as well. */
  path: string | readonly string[];
  /** Who may call it. The guard refuses an endpoint that declares nothing; `signed-in` takes any known caller. */
  permission: Permission | 'public' | 'signed-in';
  /** One line for the API documentation. */
  summary: string;
  description?: string;
  /** One schema over query or JSON body, and path parameters together. Leave out for an endpoint without input. */
  request?: ZodType;
  /** For hot paths: answers what `request` would answer for the plainest of its inputs, and null for those that the schema must judge. */
  quick?: (input: object) => object | null;
  /** Where its requests name registered models: each name is asked for by the caller's grants on models, before the handler. */
  models?: ModelsAsked;
  /** What is answered. Leave out for files and streams. */
  response?: ZodType;
  /** The handler answers the JSON as text or bytes, ready to be sent: for answers that the database or a cache made. */
  prebuilt?: boolean;
  /** Status on success; 200 unless said. */
  status?: number;
  /** The body is a stream that the handler reads itself: content types accepted. */
  streams?: readonly string[];
  /** Shape of the JSON among them, for the documentation. */
  streamedJson?: ZodType;
  /** Why some installations have not got it: they answer 501 to what would be right elsewhere. */
  notEverywhere?: string;
  /** Content type answered, where it isn't JSON; any (`*` twice) for files, which have their own. */
  produces?: string;
}

const metadataKey = 'assay:endpoint';
const verbs = { GET: Get, HEAD: Head, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;

/** Declares a route with its permission and schemas: routing, validation, documentation and the guard all read this one place. */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  return applyDecorators(
    SetMetadata(metadataKey, options),
    verbs[options.method](pathsOf(options).map((path) => path.replace(/\*\w+$/, '*'))),
    HttpCode(options.status ?? 200),
    ...(options.prebuilt === true ? [Header('content-type', 'application/json; charset=utf-8')] : []),
  );
}

/** Every path that an endpoint answers on, mirrors included. */
export function pathsOf(options: EndpointOptions): string[] {
  const given = typeof options.path === 'string' ? [options.path] : [...options.path];
  return given.flatMap((path) =>
    /^\/api\/[23]\.0\//.test(path) ? [path, path.replace(/^\/api\//, '/ajax-api/')] : [path],
  );
}

/** The declaration of a handler, or null for a method that is no endpoint. */
export function endpointOf(handler: object): EndpointOptions | null {
  const options: EndpointOptions | undefined = Reflect.getMetadata(metadataKey, handler);
  return options ?? null;
}

/** The parsed request: what the endpoint's `request` schema answers. */
export const Input = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().parsedInput,
);

/** Who asks. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().actor,
);

/** Fastify's request, for streams. */
export const RawRequest = createParamDecorator((_: unknown, context: ExecutionContext) =>
  context.switchToHttp().getRequest<FastifyRequest>(),
);

/** Fastify's reply; the handler that takes it must send the answer itself. */
export function RawReply(): ParameterDecorator {
  return Res();
}
