import type { Actor, CreateModelGrantRequest, ModelGrantRecord } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { CredentialReader } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { ModelGrantStore } from './model-grant.store.js';

/** Grants on models by name: in force from the next request on, everywhere. */
@Injectable()
export class ModelGrantsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly grants: ModelGrantStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
    private readonly credentials: CredentialReader,
  ) {}

  async list(actor: Actor): Promise<ModelGrantRecord[]> {
    return this.database.read((tx) => this.grants.list(tx, actor.workspace));
  }

  async create(actor: Actor, input: CreateModelGrantRequest): Promise<ModelGrantRecord> {
    const grant = { ...input, id: newId(), createdBy: actor.id, createdAt: this.clock.now().toISOString() };
    await this.database.transaction(async (tx) => {
      await this.grants.insert(tx, actor.workspace, grant);
      await this.audit.record(tx, actor, {
        action: 'access.model-grant.made.v1',
        target: { type: 'model-grant', id: grant.id },
        covers: [row('access.model_grant', grant.id)],
        after: { ...input },
      });
    });
    this.credentials.forget();
    return grant;
  }

  async delete(actor: Actor, id: string): Promise<ModelGrantRecord> {
    const grant = await this.database.transaction(async (tx) => {
      const taken = await this.grants.delete(tx, actor.workspace, id);
      if (taken === null)
        throw new AppError(
          'RESOURCE_DOES_NOT_EXIST',
          `There is no grant '${id}': GET /api/v1/model-grants lists all of them.`,
        );
      const { id: _, createdAt: __, createdBy: ___, ...before } = taken;
      await this.audit.record(tx, actor, {
        action: 'access.model-grant.taken-back.v1',
        target: { type: 'model-grant', id },
        covers: [row('access.model_grant', id)],
        before: { ...before },
      });
      return taken;
    });
    this.credentials.forget();
    return grant;
  }
}
