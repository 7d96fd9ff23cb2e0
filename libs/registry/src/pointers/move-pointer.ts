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
import { type AskedMove, isReadStage, stageOf, stagePointer, type PointerMove, type RecordedMove } from './pointer.js';

export interface MovedPointers {
  /** Null when every pointer held the wanted version already. */
  readonly auditId: string | null;
  readonly moves: readonly RecordedMove[];
}

/** What a pointer holds after it was asked to move, with the move that put it there: null where it never moved. */
export interface AskedPointer {
  readonly model: string;
  readonly pointer: string;
  readonly move: RecordedMove | null;
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

  /** Moves pointers of one model or of several, and answers what each holds from then on, in the order asked. */
  async execute(actor: Actor, asked: readonly AskedMove[]): Promise<AskedPointer[]> {
    const names = [...new Set(asked.map(({ model }) => model))];
    const roads = [...new Set(asked.map(({ via }) => via))];
    return this.ledger.recordingRefusals(actor, roads.join(', '), names.join(', '), () =>
      this.database.transaction(async (tx) => {
        const models = new Map(
          (await this.models.shareAll(tx, actor.workspace, names)).map(({ id, name }) => [name, id]),
        );
        const wanted = asked.map(({ model, ...move }) => {
          const modelId = models.get(model);
          if (modelId === undefined) throw modelNotFound(model);
          return { ...move, modelId };
        });
        const { moves } = await this.inTransaction(tx, actor, wanted);
        const held: AskedPointer[] = [];
        for (const [index, { model, pointer }] of asked.entries()) {
          const modelId = wanted[index]?.modelId ?? '';
          const done = moves.find((move) => move.modelId === modelId && move.pointer === pointer);
          held.push({ model, pointer, move: done ?? (await this.ledger.lastMove(tx, modelId, pointer)) });
        }
        return held;
      }),
    );
  }

  /** As `execute`, inside the caller's transaction: a promotion applies its request and its moves together. */
  async inTransaction(tx: Tx, actor: Actor, moves: readonly PointerMove[]): Promise<MovedPointers> {
    const wanted: PointerMove[] = [];
    const followed: PointerMove[] = [];
    const covers: CoveredRow[] = [];
    // One order for everybody, so that two sets of moves can't wait for each other's versions in a circle.
    for (const move of moves.toSorted(byVersion)) {
      const version = move.to === null ? null : await this.#holdVersion(tx, move.modelId, move.to);
      if (version !== null) await this.#requireFit(tx, move, version);
      wanted.push(move);
      followed.push(...(await this.#enterStage(tx, move, version, covers)));
    }
    // What is asked for by itself is not also moved by what follows from another move.
    const asked = (move: PointerMove) =>
      moves.some(({ modelId, pointer }) => modelId === move.modelId && pointer === move.pointer);
    wanted.push(...followed.filter((move) => !asked(move)));
    const recorded = await this.ledger.apply(tx, actor, wanted);
    if (recorded.length === 0 && covers.length === 0) return { auditId: null, moves: [] };
    const [first] = moves;
    const authorities = moves.flatMap(({ authority }) => (authority === undefined ? [] : [authority]));
    const policyVersions = distinct(authorities.flatMap(({ policyVersionIds }) => policyVersionIds));
    const auditId = await this.audit.record(tx, actor, {
      action: 'registry.pointer.moved.v1',
      target: { type: 'pointer', id: moves.map(({ modelId, pointer }) => `${modelId}/${pointer}`).join(' ') },
      covers: [...covers, ...movedRows(recorded)],
      after: { moves: movesAsFacts(recorded), evidence: distinct(authorities.flatMap(({ evidence }) => evidence)) },
      ...(first?.reason === undefined ? {} : { reason: first.reason }),
      ...(first?.authority === undefined
        ? {}
        : { links: { request: first.authority.requestId, policyVersion: policyVersions.join(' ') } }),
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

function byVersion(a: PointerMove, b: PointerMove): number {
  return a.modelId === b.modelId ? (a.to ?? 0) - (b.to ?? 0) : a.modelId < b.modelId ? -1 : 1;
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
