import { type Actor, hiddenModels, mayOnModel } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import type { ModelVersionView, Stage } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelNotFound, versionNotFound } from '../models/model-refusals.js';
import type { RegisteredModel, Tag } from '../models/registered-model.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { ModelVersionSearchStore, type VersionSearch } from './model-version-search.store.js';
import type { DescribedVersion, ModelVersion, VersionFile, VersionKey } from './model-version.js';
import { ModelVersionStore } from './model-version.store.js';

/** What a version consists of. */
export interface SealedContents {
  readonly version: ModelVersion;
  readonly files: readonly VersionFile[];
  readonly copiedFrom: (VersionKey & { readonly model: string }) | null;
}

/** Reads and describes model versions. */
@Injectable()
export class ModelVersionsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly searches: ModelVersionSearchStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async get(actor: Actor, name: string, number: number): Promise<DescribedVersion> {
    return this.database.read((tx) => this.#describe(tx, actor, name, number));
  }

  /** Newest version of each of the stages; of all four when none is named. */
  async latest(actor: Actor, name: string, stages: readonly Stage[]): Promise<DescribedVersion[]> {
    return this.database.read(async (tx) => {
      const model = await this.#model(tx, actor, name);
      const latest = await this.versions.latestPerStage(tx, [model.id]);
      return stages.length === 0 ? latest : latest.filter(({ stage }) => stages.includes(stage));
    });
  }

  async search(
    actor: Actor,
    search: VersionSearch,
  ): Promise<{ versions: ModelVersionView[]; nextPageToken: string | null }> {
    return this.searches.search(actor.workspace, { ...search, hidden: hiddenModels(actor) });
  }

  /** The files of a version as they were sealed, and the version that it is a copy of, by its model's present name. */
  async manifest(actor: Actor, name: string, number: number): Promise<SealedContents> {
    return this.database.read(async (tx) => {
      const version = await this.#version(tx, actor, name, number);
      const { modelId, copiedFrom } = version;
      const files = await this.versions.files(tx, modelId, number);
      const model = copiedFrom === null ? null : await this.models.nameOf(tx, copiedFrom.modelId);
      if (copiedFrom === null || model === null || !mayOnModel(actor, 'registry:read', model))
        return { version, files, copiedFrom: null };
      return { version, files, copiedFrom: { ...copiedFrom, model } };
    });
  }

  /** One sealed file, or null when the version has none of that path. */
  async file(actor: Actor, name: string, number: number, path: string): Promise<VersionFile | null> {
    return this.database.read(async (tx) => {
      const version = await this.#version(tx, actor, name, number);
      return this.versions.file(tx, version.modelId, number, path);
    });
  }

  /** Sets the description; without one nothing changes. */
  async describe(
    actor: Actor,
    name: string,
    number: number,
    description: string | undefined,
  ): Promise<DescribedVersion> {
    return this.database.transaction(async (tx) => {
      const version = await this.#lock(tx, actor, name, number);
      if (description !== undefined) {
        await this.versions.setDescription(tx, version.modelId, number, description, this.clock.now());
        await this.audit.record(tx, actor, {
          action: 'registry.version.described.v1',
          target: { type: 'model-version', id: version.modelId, version: String(number) },
          covers: [row('registry.model_version', version.modelId, number)],
          personal: { before: version.description ?? '', after: description },
        });
      }
      return this.#describe(tx, actor, name, number);
    });
  }

  async setTag(actor: Actor, name: string, number: number, tag: Tag): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { modelId } = await this.#lock(tx, actor, name, number);
      await this.versions.setTag(tx, modelId, number, tag);
      await this.audit.record(tx, actor, {
        action: 'registry.version.tagged.v1',
        target: { type: 'model-version', id: modelId, version: String(number) },
        covers: [row('registry.model_version_tag', modelId, number, tag.key)],
        after: { key: tag.key },
        personal: { value: tag.value },
      });
    });
  }

  /** An absent tag is no error, as in MLflow. */
  async deleteTag(actor: Actor, name: string, number: number, key: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { modelId } = await this.#lock(tx, actor, name, number);
      if (!(await this.versions.deleteTag(tx, modelId, number, key))) return;
      await this.audit.record(tx, actor, {
        action: 'registry.version.untagged.v1',
        target: { type: 'model-version', id: modelId, version: String(number) },
        covers: [row('registry.model_version_tag', modelId, number, key)],
        before: { key },
      });
    });
  }

  async #describe(tx: Tx, actor: Actor, name: string, number: number): Promise<DescribedVersion> {
    const model = await this.#model(tx, actor, name);
    const [version] = await this.versions.described(tx, model.id, [number]);
    if (version === undefined) throw versionNotFound(name, number);
    return version;
  }

  async #model(tx: Tx, actor: Actor, name: string): Promise<RegisteredModel> {
    const model = await this.models.find(tx, actor.workspace, name);
    if (model === null) throw modelNotFound(name);
    return model;
  }

  async #version(tx: Tx, actor: Actor, name: string, number: number): Promise<ModelVersion> {
    const version = await this.versions.find(tx, (await this.#model(tx, actor, name)).id, number);
    if (version === null) throw versionNotFound(name, number);
    return version;
  }

  async #lock(tx: Tx, actor: Actor, name: string, number: number): Promise<ModelVersion> {
    const version = await this.versions.lock(tx, (await this.#model(tx, actor, name)).id, number);
    if (version === null) throw versionNotFound(name, number);
    return version;
  }
}
