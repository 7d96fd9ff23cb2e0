import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { catchError, from, type Observable, switchMap, throwError } from 'rxjs';
import { AuditClient } from '../audit-client/index.js';
import type { Database } from '../database/index.js';
import { endpointOf, heldBy } from '../http/index.js';
import { GUARD_DATABASE } from './guard-database.js';

/** Records each attempt to delete or replace what is under a legal hold, whichever route it was made at; at a bounded rate, as every refusal. */
@Injectable()
export class HeldRefusalsInterceptor implements NestInterceptor {
  constructor(
    private readonly audit: AuditClient,
    @Inject(GUARD_DATABASE) private readonly database: Database,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(
        catchError((error: unknown) =>
          from(this.record(error, context)).pipe(switchMap(() => throwError(() => error))),
        ),
      );
  }

  private async record(error: unknown, context: ExecutionContext): Promise<void> {
    const held = heldBy(error);
    const { actor } = context.switchToHttp().getRequest<FastifyRequest>();
    if (held === null || actor === null) return;
    const endpoint = endpointOf(context.getHandler());
    const path = [endpoint?.path ?? ''].flat()[0] ?? '';
    await this.audit.refused(this.database, actor, {
      action: 'registry.legal_hold.refused.v1',
      target: { type: 'legal-hold', id: held.hold },
      after: { endpoint: `${endpoint?.method ?? ''} ${path}`, kind: held.kind, subject: held.subject },
      links: { [held.kind]: held.subject },
    });
  }
}
