import type { Actor } from '@assay/contracts';
import { AuditClient, row, type CoveredRow } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { modelNotFound } from '../models/model-refusals.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import type { ModelVersion } from '../model-versions/model-version.js';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { movedRows, movesAsFacts, PointerLedger } from './pointer-ledger.js';
import { isReadStage, stageOf, stagePointer, type PointerMove, type RecordedMove } from './pointer.js';

export interface MovedPointers {
  /** Null when every pointer held the wanted version already. */
  readonly auditId: string | null;
  readonly moves: readonly RecordedMove[];
}

/** Moves pointers to versions: all of them in one transaction, or none. */
@Injectable()
export class MovePointer {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly ledger: PointerLedger,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, name: string, move: Omit<PointerMove, 'modelId' | 'authority'>): Promise<MovedPointers> {
    return this.ledger.recordingRefusals(actor, move.via, name, () =>
      this.database.transaction(async (tx) => {
        const model = await this.models.lock(tx, actor.workspace, name, 'share');
        if (model === null) throw modelNotFound(name);
        return this.inTransaction(tx, actor, [{ ...move, modelId: model.id }]);
      }),
    );
  }

  /** As `execute`, inside the caller's transaction: a promotion applies its request and its moves together. */
  async inTransaction(tx: Tx, actor: Actor, moves: readonly PointerMove[]): Promise<MovedPointers> {
    const wanted: PointerMove[] = [];
    const covers: CoveredRow[] = [];
    for (const move of moves.toSorted((a, b) => (a.to ?? 0) - (b.to ?? 0))) {
      const version = move.to === null ? null : await this.#holdVersion(tx, move.modelId, move.to);
      if (version !== null) await this.#requireFit(tx, move, version);
      wanted.push(move, ...(await this.#enterStage(tx, move, version, covers)));
    }
    const recorded = await this.ledger.apply(tx, actor, wanted);
    if (recorded.length === 0 && covers.length === 0) return { auditId: null, moves: [] };
    const [first] = moves;
    const auditId = await this.audit.record(tx, actor, {
      action: 'registry.pointer.moved.v1',
      target: { type: 'pointer', id: moves.map(({ modelId, pointer }) => `${modelId}/${pointer}`).join(' ') },
      covers: [...covers, ...movedRows(recorded)],
      after: { moves: movesAsFacts(recorded), evidence: moves.flatMap((move) => move.authority?.evidence ?? []) },
      ...(first?.reason === undefined ? {} : { reason: first.reason }),
      ...(first?.authority === undefined
        ? {}
        : { links: { request: first.authority.requestId, policyVersion: first.authority.policyVersionId } }),
    });
    return { auditId, moves: recorded };
  }

  async #holdVersion(tx: Tx, modelId: string, number: number): Promise<ModelVersion> {
    const version = await this.versions.lock(tx, modelId, number);
    if (version === null)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `Model Version (version=${number}) not found: the model has none.`);
    return version;
  }

  /** Consumers of a guarded pointer get only what was sealed: an external version's files may change behind our back. */
  async #requireFit(tx: Tx, move: PointerMove, version: ModelVersion): Promise<void> {
    if (version.kind === 'sealed' || !(await this.ledger.isGuarded(tx, move.modelId, move.pointer))) return;
    throw new AppError(
      'RESOURCE_CONFLICT',
      `Version ${version.version} is ${version.kind}, so the guarded pointer '${move.pointer}' can't hold it: register its files through the platform.`,
      { problem: 'REGISTRY_VERSION_NOT_SEALED', pointer: move.pointer },
    );
  }

  /** A stage's pointer has one holder: the version enters the stage, the others leave it. Returns the moves that follow from that. */
  async #enterStage(
    tx: Tx,
    move: PointerMove,
    version: ModelVersion | null,
    covers: CoveredRow[],
  ): Promise<PointerMove[]> {
    const stage = stageOf(move.pointer);
    if (stage === null) return [];
    const now = this.clock.now();
    const leaving = (await this.versions.inStage(tx, move.modelId, stage)).filter((number) => number !== move.to);
    await this.versions.setStage(tx, move.modelId, leaving, 'Archived', now);
    covers.push(...leaving.map((number) => row('registry.model_version', move.modelId, number)));
    if (version === null || version.stage === stage) return [];
    await this.versions.setStage(tx, move.modelId, [version.version], stage, now);
    covers.push(row('registry.model_version', move.modelId, version.version));
    if (!isReadStage(version.stage)) return [];
    const remaining = await this.versions.newest(tx, move.modelId, version.stage);
    return [{ modelId: move.modelId, pointer: stagePointer(version.stage), to: remaining, via: 'stage' }];
  }
}
