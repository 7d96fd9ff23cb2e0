import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { Stage } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelNotFound, versionNotFound } from '../models/model-refusals.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { movedRows, movesAsFacts, PointerLedger } from '../pointers/pointer-ledger.js';
import { isReadStage, stagePointer, type RecordedMove } from '../pointers/pointer.js';
import type { DescribedVersion } from './model-version.js';
import { ModelVersionStore } from './model-version.store.js';

export interface TransitionInput {
  readonly name: string;
  readonly version: number;
  readonly stage: Stage;
  readonly archiveExisting: boolean;
}

/**
 * Moves a version between MLflow's stages, which are sets of versions. Each stage that consumers read has a pointer to its newest
 * version, so its ledger tells what `models:/<name>/<stage>` answered at any time. A guarded stage is left and entered by request only.
 */
@Injectable()
export class TransitionStage {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly ledger: PointerLedger,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, input: TransitionInput): Promise<DescribedVersion> {
    const { stage, archiveExisting } = input;
    if (archiveExisting && !isReadStage(stage)) {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are Staging, Production`,
      );
    }
    return this.ledger.recordingRefusals(actor, `stage ${stage}`, input.name, () =>
      this.database.transaction(async (tx) => {
        const model = await this.models.lock(tx, actor.workspace, input.name, 'update');
        if (model === null) throw modelNotFound(input.name);
        const version = await this.versions.lock(tx, model.id, input.version);
        if (version === null) throw versionNotFound(input.name, input.version);
        const others = archiveExisting
          ? (await this.versions.inStage(tx, model.id, stage)).filter((number) => number !== input.version)
          : [];
        if (version.stage !== stage || others.length > 0) {
          await this.#move(tx, actor, model.id, {
            number: input.version,
            from: version.stage,
            to: stage,
            archived: others,
          });
        }
        const [described] = await this.versions.described(tx, model.id, [input.version]);
        if (described === undefined) throw versionNotFound(input.name, input.version);
        return described;
      }),
    );
  }

  async #move(
    tx: Tx,
    actor: Actor,
    modelId: string,
    change: { number: number; from: Stage; to: Stage; archived: readonly number[] },
  ): Promise<void> {
    const { number, from, to, archived } = change;
    const now = this.clock.now();
    const touched = [...new Set([from, to])].filter(isReadStage);
    for (const stage of touched) await this.ledger.refuseIfGuarded(tx, modelId, stagePointer(stage));
    await this.versions.setStage(tx, modelId, archived, 'Archived', now);
    await this.versions.setStage(tx, modelId, [number], to, now);
    await this.models.touch(tx, modelId, now);
    const moves: RecordedMove[] = [];
    for (const stage of touched) {
      const holder = await this.versions.newest(tx, modelId, stage);
      moves.push(
        ...(await this.ledger.apply(tx, actor, [{ modelId, pointer: stagePointer(stage), to: holder, via: 'stage' }])),
      );
    }
    await this.audit.record(tx, actor, {
      action: 'registry.version.stage-changed.v1',
      target: { type: 'model-version', id: modelId, version: String(number) },
      covers: [
        row('registry.registered_model', modelId),
        ...[number, ...archived].map((each) => row('registry.model_version', modelId, each)),
        ...movedRows(moves),
      ],
      before: { stage: from },
      after: { stage: to, archived: [...archived], moves: movesAsFacts(moves) },
    });
  }
}
