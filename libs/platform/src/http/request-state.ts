import type { Actor } from '@assay/contracts';
import type { RequestContext } from '../telemetry/index.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard. */
    actor: Actor | null;
    /** Set by the validation interceptor. */
    parsedInput: unknown;
    /** Set when the request arrives. */
    context: RequestContext;
  }
}
