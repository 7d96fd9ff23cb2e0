import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { movedRows, movesAsFacts, PointerLedger } from '../pointers/pointer-ledger.js';
import { modelNotFound } from './model-refusals.js';
import { RegisteredModelStore } from './registered-model.store.js';

/** Takes a model out of the registry. Its versions, manifests and ledger stay on record; its name is free again. A guarded model stays. */
@Injectable()
export class DeleteRegisteredModel {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly ledger: PointerLedger,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, name: string): Promise<void> {
    await this.ledger.recordingRefusals(actor, 'model-delete', name, () =>
      this.database.transaction(async (tx) => {
        const model = await this.models.lock(tx, actor.workspace, name, 'update');
        if (model === null) throw modelNotFound(name);
        await this.ledger.refuseWhileGuarded(tx, model.id);
        const moves = await this.ledger.clear(tx, actor, { modelId: model.id, via: 'model-delete' });
        await this.models.markDeleted(tx, model.id, this.clock.now());
        await this.audit.record(tx, actor, {
          action: 'registry.model.deleted.v1',
          target: { type: 'model', id: model.id },
          covers: [row('registry.registered_model', model.id), ...movedRows(moves)],
          before: { name },
          after: { moves: movesAsFacts(moves) },
        });
      }),
    );
  }
}
