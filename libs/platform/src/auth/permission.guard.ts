import { type Actor, mayOnSomeModel } from '@assay/contracts';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuditClient, type AuditedActor, anonymousActor } from '../audit-client/index.js';
import { type Database, acrossWorkspaces } from '../database/index.js';
import { AppError, type EndpointOptions, endpointOf } from '../http/index.js';
import type { Fence } from '../telemetry/index.js';
import { CredentialReader, readCredential } from './credential-reader.js';
import { GUARD_DATABASE } from './guard-database.js';

/** Deny by default: every endpoint declares a permission, and this guard asks for it. Refusals are recorded, at a bounded rate. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly credentials: CredentialReader,
    private readonly audit: AuditClient,
    @Inject(GUARD_DATABASE) private readonly database: Database,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = endpointOf(context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!endpoint)
      throw new AppError('PERMISSION_DENIED', 'This endpoint declares no permission, so nobody may call it.');
    if (endpoint.permission === 'public') return true;
    const workspace = request.headers['x-mlflow-workspace'];
    const credential = readCredential(request.headers.authorization);
    const actor = await acrossWorkspaces(() =>
      this.credentials.actorOf(credential, typeof workspace === 'string' ? workspace : null),
    );
    if (!actor) {
      await this.recordRefusal(anonymousActor, endpoint, { credential: credential === null ? 'none' : 'unknown' });
      throw new AppError(
        'UNAUTHENTICATED',
        'A token is needed: "assay login" gets one; MLflow clients take it from MLFLOW_TRACKING_TOKEN, or from MLFLOW_TRACKING_PASSWORD with any user name.',
      );
    }
    request.actor = actor;
    request.context.workspace = actor.workspace;
    if (actor.job) request.context.fence = async (tx) => this.requireStillHolding(tx, actor);
    const { permission } = endpoint;
    if (permission === 'signed-in' || actor.permissions.includes(permission)) return true;
    // A grant may allow it on some models: which ones the request is about is asked once it is read.
    if (endpoint.models !== undefined && mayOnSomeModel(actor, permission)) return true;
    await this.recordRefusal(actor, endpoint, { permission: endpoint.permission });
    throw new AppError(
      'PERMISSION_DENIED',
      `Permission denied: this needs "${endpoint.permission}", which ${actor.roles.length > 0 ? `the role ${actor.roles.join(', ')}` : 'this caller'} does not have.`,
    );
  }

  private async requireStillHolding(tx: Parameters<Fence>[0], actor: Actor): Promise<void> {
    if (await this.credentials.stillHolds(tx, actor)) return;
    throw new AppError(
      'RESOURCE_CONFLICT',
      'This attempt does not hold its job any more, so nothing of it is written: the worker must stop.',
    );
  }

  private async recordRefusal(
    actor: AuditedActor,
    endpoint: EndpointOptions,
    after: Readonly<Record<string, string>>,
  ): Promise<void> {
    const path = typeof endpoint.path === 'string' ? endpoint.path : (endpoint.path[0] ?? '');
    await acrossWorkspaces(() =>
      this.audit.refused(this.database, actor, {
        action: 'access.request.refused.v1',
        target: { type: 'endpoint', id: `${endpoint.method} ${path}` },
        after,
      }),
    );
  }
}
