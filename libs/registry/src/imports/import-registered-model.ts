import type { Actor, ImportedRegistryObject, ImportRegisteredModelRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Database, InjectDatabase, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { modelName, uniqueTags } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { RegisteredModelStore } from '../models/registered-model.store.js';

/** The same as of one that is made here: a name with a second spelling could pass for another model. */
const allowedName = z.object({ name: modelName });

/** Brings a registered model with its times. One of that name that is here already is left as it is, and takes the versions that follow. */
@Injectable()
export class ImportRegisteredModel {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly audit: AuditClient,
  ) {}

  async execute(actor: Actor, request: ImportRegisteredModelRequest): Promise<ImportedRegistryObject> {
    const { error } = allowedName.safeParse(request);
    if (error !== undefined) throw new AppError('INVALID_PARAMETER_VALUE', error.issues[0]?.message ?? error.message);
    return this.database.transaction(async (tx) => {
      const model = {
        id: newId(),
        workspace: actor.workspace,
        name: request.name,
        description: request.description ?? null,
        createdAt: new Date(request.creation_time),
        updatedAt: new Date(request.last_update_time),
      };
      if (!(await this.models.insert(tx, model))) return { outcome: 'present' };
      const tags = uniqueTags(request.tags);
      for (const tag of tags) await this.models.setTag(tx, model.id, tag);
      await this.audit.record(tx, actor, {
        action: 'registry.model.imported.v1',
        target: { type: 'model', id: model.id },
        covers: [
          row('registry.registered_model', model.id),
          ...tags.map(({ key }) => row('registry.registered_model_tag', model.id, key)),
        ],
        after: {
          origin: request.origin,
          name: model.name,
          originallyCreatedMs: request.creation_time,
          tagKeys: tags.map(({ key }) => key),
        },
        ...(model.description === null ? {} : { personal: { description: model.description } }),
      });
      return { outcome: 'imported' };
    });
  }
}
