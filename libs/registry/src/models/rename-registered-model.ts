import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import type { RegisteredModelView } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { PointerLedger } from '../pointers/pointer-ledger.js';
import { modelExists, modelNotFound } from './model-refusals.js';
import { RegisteredModelViews } from './registered-model-views.js';
import { RegisteredModelStore } from './registered-model.store.js';

/** Gives a model another name. Consumers read pointers by that name, so a model with a guarded pointer keeps it. */
@Injectable()
export class RenameRegisteredModel {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly views: RegisteredModelViews,
    private readonly ledger: PointerLedger,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, name: string, newName: string): Promise<RegisteredModelView> {
    return this.ledger.recordingRefusals(actor, 'rename', name, () =>
      this.database.transaction(async (tx) => {
        const model = await this.models.lock(tx, actor.workspace, name, 'update');
        if (model === null) throw modelNotFound(name);
        if ((await this.models.find(tx, actor.workspace, newName)) !== null) throw modelExists(newName);
        await this.ledger.refuseWhileGuarded(tx, model.id);
        const updatedAt = this.clock.now();
        await this.models.setName(tx, model.id, newName, updatedAt);
        await this.audit.record(tx, actor, {
          action: 'registry.model.renamed.v1',
          target: { type: 'model', id: model.id },
          covers: [row('registry.registered_model', model.id)],
          before: { name },
          after: { name: newName },
        });
        return this.views.one(tx, { ...model, name: newName, updatedAt });
      }),
    );
  }
}
