import type { Actor } from '@assay/contracts';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { ModelVersionView } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelNotFound } from '../models/model-refusals.js';
import type { RegisteredModel } from '../models/registered-model.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { versionView } from '../model-versions/version-view.js';
import { AliasedVersionStore } from './aliased-version.store.js';
import { MovePointer } from './move-pointer.js';
import { type AskedMove, stageOf, type RecordedMove } from './pointer.js';
import { PointerStore, type HeldPointer } from './pointer.store.js';

/** What a pointer held at a time, with the move that put it there. */
export interface PointerState {
  readonly model: string;
  readonly pointer: string;
  readonly version: number | null;
  /** Null before the first move. */
  readonly move: RecordedMove | null;
}

/** Answers what pointers hold and held, by their model's name. */
@Injectable()
export class PointersService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly pointers: PointerStore,
    private readonly aliased: AliasedVersionStore,
    private readonly movePointer: MovePointer,
  ) {}

  /** Moves pointers, all or none, and answers what each holds from then on. */
  async move(actor: Actor, ...moves: readonly AskedMove[]): Promise<PointerState[]> {
    for (const { pointer } of moves) {
      if (stageOf(pointer) === null) continue;
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `'${pointer}' follows its stage: use model-versions/transition-stage.`,
      );
    }
    const held = await this.movePointer.execute(actor, moves);
    return held.map((each) => ({ ...each, version: each.move?.to ?? null }));
  }

  /** The version that an alias names; `latest` is the newest one. MLflow answers 400, not 404, for an unknown alias. */
  async resolve(actor: Actor, name: string, alias: string): Promise<ModelVersionView> {
    const newest = alias.toLowerCase() === 'latest';
    const named = newest || stageOf(alias) !== null ? null : await this.aliased.find(actor.workspace, name, alias);
    if (named !== null) return named;
    return this.database.read(async (tx) => {
      const model = await this.#model(tx, actor, name);
      const version = newest ? await this.versions.newest(tx, model.id) : null;
      const [described] = version === null ? [] : await this.versions.described(tx, model.id, [version]);
      if (described === undefined) {
        throw new AppError('INVALID_PARAMETER_VALUE', `Registered model alias ${alias} not found.`);
      }
      return versionView(described);
    });
  }

  async list(actor: Actor, name: string): Promise<HeldPointer[]> {
    return this.database.read(async (tx) => this.pointers.held(tx, (await this.#model(tx, actor, name)).id));
  }

  /** What the pointer held at an instant, or holds now. */
  async state(actor: Actor, name: string, pointer: string, asOf: Date | null): Promise<PointerState> {
    return this.database.read(async (tx) => {
      const model = await this.#knownPointer(tx, actor, name, pointer);
      const move = await this.pointers.lastMove(tx, model.id, pointer, asOf);
      return { model: name, pointer, version: move?.to ?? null, move };
    });
  }

  async history(
    actor: Actor,
    name: string,
    pointer: string,
    limit: number,
    before: number | null,
  ): Promise<RecordedMove[]> {
    return this.database.read(async (tx) => {
      const model = await this.#knownPointer(tx, actor, name, pointer);
      return this.pointers.history(tx, model.id, pointer, limit, before);
    });
  }

  async #model(tx: Tx, actor: Actor, name: string): Promise<RegisteredModel> {
    const model = await this.models.find(tx, actor.workspace, name);
    if (model === null) throw modelNotFound(name);
    return model;
  }

  async #knownPointer(tx: Tx, actor: Actor, name: string, pointer: string): Promise<RegisteredModel> {
    const model = await this.#model(tx, actor, name);
    if (await this.pointers.exists(tx, model.id, pointer)) return model;
    throw new AppError('RESOURCE_DOES_NOT_EXIST', `The model '${name}' has no pointer '${pointer}'.`);
  }
}
