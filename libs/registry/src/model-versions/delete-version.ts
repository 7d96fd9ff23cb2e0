import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { modelNotFound, versionNotFound } from '../models/model-refusals.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { movedRows, movesAsFacts, PointerLedger } from '../pointers/pointer-ledger.js';
import { isReadStage, stagePointer, type RecordedMove } from '../pointers/pointer.js';
import { ModelVersionStore } from './model-version.store.js';

/** Takes a version out of the registry. Its number stays taken, its manifest and records stay; its aliases fall away. */
@Injectable()
export class DeleteVersion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly ledger: PointerLedger,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, name: string, number: number): Promise<void> {
    await this.ledger.recordingRefusals(actor, 'version-delete', name, () =>
      this.database.transaction(async (tx) => {
        const model = await this.models.lock(tx, actor.workspace, name, 'update');
        if (model === null) throw modelNotFound(name);
        const version = await this.versions.lock(tx, model.id, number);
        if (version === null) throw versionNotFound(name, number);
        const now = this.clock.now();
        await this.versions.markDeleted(tx, model.id, number, now);
        await this.models.touch(tx, model.id, now);
        const moves: RecordedMove[] = [];
        if (isReadStage(version.stage)) {
          const pointer = stagePointer(version.stage);
          const to = await this.versions.newest(tx, model.id, version.stage);
          moves.push(
            ...(await this.ledger.apply(tx, actor, [{ modelId: model.id, pointer, to, via: 'version-delete' }])),
          );
        }
        moves.push(
          ...(await this.ledger.clear(tx, actor, { modelId: model.id, version: number, via: 'version-delete' })),
        );
        await this.audit.record(tx, actor, {
          action: 'registry.version.deleted.v1',
          target: { type: 'model-version', id: model.id, version: String(number) },
          covers: [
            row('registry.registered_model', model.id),
            row('registry.model_version', model.id, number),
            ...movedRows(moves),
          ],
          before: { stage: version.stage, manifestDigest: version.manifestDigest },
          after: { moves: movesAsFacts(moves) },
        });
      }),
    );
  }
}
