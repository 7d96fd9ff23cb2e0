import { type Actor, hiddenModels } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, newId, type Tx } from '@assay/platform/database';
import { uniqueTags, type RegisteredModelView } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelExists, modelNotFound } from './model-refusals.js';
import { RegisteredModelSearchStore, type ModelSearch } from './registered-model-search.store.js';
import { RegisteredModelViews } from './registered-model-views.js';
import type { RegisteredModel, Tag } from './registered-model.js';
import { RegisteredModelStore } from './registered-model.store.js';

/** Creates, reads and describes registered models. */
@Injectable()
export class RegisteredModelsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly searches: RegisteredModelSearchStore,
    private readonly views: RegisteredModelViews,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async create(
    actor: Actor,
    input: { name: string; tags: readonly Tag[]; description?: string | undefined },
  ): Promise<RegisteredModelView> {
    return this.database.transaction(async (tx) => {
      const now = this.clock.now();
      const model: RegisteredModel = {
        id: newId(),
        workspace: actor.workspace,
        name: input.name,
        description: input.description ?? null,
        createdAt: now,
        updatedAt: now,
      };
      if (!(await this.models.insert(tx, model))) throw modelExists(input.name);
      const tags = uniqueTags(input.tags);
      for (const tag of tags) await this.models.setTag(tx, model.id, tag);
      await this.audit.record(tx, actor, {
        action: 'registry.model.created.v1',
        target: { type: 'model', id: model.id },
        covers: [
          row('registry.registered_model', model.id),
          ...tags.map(({ key }) => row('registry.registered_model_tag', model.id, key)),
        ],
        after: { name: model.name, tagKeys: tags.map(({ key }) => key) },
        ...(model.description === null ? {} : { personal: { description: model.description } }),
      });
      return this.views.one(tx, model);
    });
  }

  async get(actor: Actor, name: string): Promise<RegisteredModelView> {
    return this.database.read(async (tx) => {
      const model = await this.models.find(tx, actor.workspace, name);
      if (model === null) throw modelNotFound(name);
      return this.views.one(tx, model);
    });
  }

  async search(
    actor: Actor,
    search: ModelSearch,
  ): Promise<{ models: RegisteredModelView[]; nextPageToken: string | null }> {
    return this.database.read(async (tx) => {
      const page = await this.searches.search(tx, actor.workspace, { ...search, hidden: hiddenModels(actor) });
      return { models: await this.views.of(tx, page.models), nextPageToken: page.nextPageToken };
    });
  }

  /** Sets the description; without one nothing changes. */
  async describe(actor: Actor, name: string, description: string | undefined): Promise<RegisteredModelView> {
    return this.database.transaction(async (tx) => {
      const model = await this.#lock(tx, actor, name);
      if (description === undefined) return this.views.one(tx, model);
      const updatedAt = this.clock.now();
      await this.models.setDescription(tx, model.id, description, updatedAt);
      await this.audit.record(tx, actor, {
        action: 'registry.model.described.v1',
        target: { type: 'model', id: model.id },
        covers: [row('registry.registered_model', model.id)],
        personal: { before: model.description ?? '', after: description },
      });
      return this.views.one(tx, { ...model, description, updatedAt });
    });
  }

  async setTag(actor: Actor, name: string, tag: Tag): Promise<void> {
    await this.database.transaction(async (tx) => {
      const model = await this.#lock(tx, actor, name);
      await this.models.setTag(tx, model.id, tag);
      await this.audit.record(tx, actor, {
        action: 'registry.model.tagged.v1',
        target: { type: 'model', id: model.id },
        covers: [row('registry.registered_model_tag', model.id, tag.key)],
        after: { key: tag.key },
        personal: { value: tag.value },
      });
    });
  }

  /** An absent tag is no error, as in MLflow. */
  async deleteTag(actor: Actor, name: string, key: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const model = await this.#lock(tx, actor, name);
      if (!(await this.models.deleteTag(tx, model.id, key))) return;
      await this.audit.record(tx, actor, {
        action: 'registry.model.untagged.v1',
        target: { type: 'model', id: model.id },
        covers: [row('registry.registered_model_tag', model.id, key)],
        before: { key },
      });
    });
  }

  async #lock(tx: Tx, actor: Actor, name: string): Promise<RegisteredModel> {
    const model = await this.models.lock(tx, actor.workspace, name, 'update');
    if (model === null) throw modelNotFound(name);
    return model;
  }
}
