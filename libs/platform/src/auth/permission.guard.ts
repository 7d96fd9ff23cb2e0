import type { Actor } from '@assay/contracts';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditClient } from '../audit-client/index.js';
import type { Database } from '../database/index.js';
import { AppError, type EndpointOptions, endpointOf } from '../http/index.js';
import { CredentialReader, readCredential } from './credential-reader.js';
import { REFUSALS_DATABASE } from './refusals-database.js';

const perMinute = 10;

/** Deny by default: every endpoint declares a permission, and this guard asks for it. Refusals are recorded, at most ten a minute and actor. */
@Injectable()
export class PermissionGuard implements CanActivate {
  private readonly recent = new Map<string, { minute: number; count: number }>();

  constructor(
    private readonly credentials: CredentialReader,
    private readonly audit: AuditClient,
    @Inject(REFUSALS_DATABASE) private readonly database: Database,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = endpointOf(context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!endpoint) throw new AppError('PERMISSION_DENIED', 'This endpoint declares no permission, so nobody may call it.');
    if (endpoint.permission === 'public') return true;
    const workspace = request.headers['x-mlflow-workspace'];
    const actor = await this.credentials.actorOf(readCredential(request.headers.authorization), typeof workspace === 'string' ? workspace : null);
    if (!actor) throw new AppError('UNAUTHENTICATED', 'A token is needed: "assay login" gets one; MLflow clients take it from MLFLOW_TRACKING_TOKEN, or from MLFLOW_TRACKING_PASSWORD with any user name.');
    request.actor = actor;
    if (endpoint.permission === 'signed-in' || actor.permissions.includes(endpoint.permission)) return true;
    await this.recordRefusal(actor, endpoint, endpoint.permission);
    throw new AppError('PERMISSION_DENIED', `Permission denied: this needs "${endpoint.permission}", which ${actor.roles.length > 0 ? `the role ${actor.roles.join(', ')}` : 'this caller'} does not have.`);
  }

  private async recordRefusal(actor: Actor, endpoint: EndpointOptions, permission: string): Promise<void> {
    const minute = Math.floor(performance.now() / 60_000);
    const seen = this.recent.get(actor.id);
    const count = seen?.minute === minute ? seen.count + 1 : 1;
    this.recent.set(actor.id, { minute, count });
    if (count > perMinute) return;
    if (this.recent.size > 10_000) this.recent.clear();
    const path = typeof endpoint.path === 'string' ? endpoint.path : (endpoint.path[0] ?? '');
    await this.audit.refused(this.database, actor, { action: 'access.request.refused.v1', target: { type: 'endpoint', id: `${endpoint.method} ${path}` }, after: { permission } });
  }
}
