import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { isReadStage, stageOf, stagePointer } from '../pointers/pointer.js';
import { PointerStore } from '../pointers/pointer.store.js';
import { PolicyStore, type PolicyVersion } from '../policies/policy.store.js';
import { AuthorStore } from './author.store.js';
import { byName } from './promotion-journal.js';

/** What a request is about: a sealed version, its authors, and the policies that guard the pointer. */
export interface Subject {
  modelId: string;
  version: number;
  manifestDigest: string;
  policies: readonly PolicyVersion[];
  /** Whoever registered the version, made the runs or logged models that it came from, or wrote files into them. */
  authors: readonly string[];
}

@Injectable()
export class PromotionSubject {
  constructor(
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly pointers: PointerStore,
    private readonly policies: PolicyStore,
    private readonly authors: AuthorStore,
  ) {}

  /** @throws {AppError} when there is nothing to request: unknown, not sealed, or not guarded. */
  async find(tx: Tx, workspace: string, wanted: { model: string; pointer: string; version: string }): Promise<Subject> {
    const model = await this.models.lock(tx, workspace, wanted.model, 'share');
    if (model === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no model '${wanted.model}'.`);
    const version = await this.versions.find(tx, model.id, Number(wanted.version));
    if (version === null)
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        `There is no version ${wanted.version} of the model '${wanted.model}'.`,
      );
    if (version.manifestDigest === null) {
      throw new AppError(
        'RESOURCE_CONFLICT',
        `Version ${wanted.version} is ${version.kind}: only a version whose files the platform has sealed can hold a guarded pointer.`,
      );
    }
    const guards = await this.policies.guarding(tx, model.id, wanted.pointer);
    const found = await this.policies.versionsById(
      tx,
      guards.map(({ policyVersionId }) => policyVersionId),
    );
    if (found.size === 0)
      throw new AppError(
        'RESOURCE_CONFLICT',
        `No policy guards '${wanted.pointer}' of '${wanted.model}': move it directly, as an alias.`,
      );
    const authors = await this.authors.of(tx, model.id, version.version);
    return {
      modelId: model.id,
      version: version.version,
      manifestDigest: version.manifestDigest,
      policies: byName([...found.values()]),
      authors,
    };
  }

  /**
   * The guarded stage that a version would leave by entering another, as its holder, which the request has to say what it holds then;
   * null where it leaves none.
   */
  async leaves(
    tx: Tx,
    { modelId, version }: Pick<Subject, 'modelId' | 'version'>,
    pointer: string,
  ): Promise<string | null> {
    if (stageOf(pointer) === null) return null;
    const stage = (await this.versions.find(tx, modelId, version))?.stage;
    if (stage === undefined || !isReadStage(stage)) return null;
    const left = stagePointer(stage);
    if (left === pointer || (await this.pointers.holder(tx, modelId, left)) !== version) return null;
    return (await this.policies.guarding(tx, modelId, left)).length > 0 ? left : null;
  }

  /** Who may not approve a request for some subjects: their authors, whoever asks, and who stands behind them. */
  async barred(tx: Tx, subjects: readonly Subject[], requestedBy: string): Promise<string[]> {
    const authors = subjects.flatMap((subject) => subject.authors);
    return this.authors.withRequesters(tx, authors, [requestedBy]);
  }

  async holder(tx: Tx, modelId: string, pointer: string): Promise<number | null> {
    return this.pointers.holder(tx, modelId, pointer);
  }
}
