import type { Tx } from '@assay/platform/database';
import { stages, type RegisteredModelView } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { versionView } from '../model-versions/version-view.js';
import { PointerStore } from '../pointers/pointer.store.js';
import type { RegisteredModel } from './registered-model.js';
import { RegisteredModelStore } from './registered-model.store.js';

/** Gathers what a model's answer shows beside the model itself: tags, aliases and the newest version of each stage. */
@Injectable()
export class RegisteredModelViews {
  constructor(
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly pointers: PointerStore,
  ) {}

  async of(tx: Tx, models: readonly RegisteredModel[]): Promise<RegisteredModelView[]> {
    if (models.length === 0) return [];
    const ids = models.map(({ id }) => id);
    const tags = await this.models.tags(tx, ids);
    const aliases = byModel(await this.pointers.aliases(tx, ids));
    const latest = byModel(await this.versions.latestPerStage(tx, ids));
    return models.map(({ id, name, createdAt, updatedAt, description }) => ({
      name,
      createdAt,
      updatedAt,
      description,
      tags: tags.get(id) ?? [],
      aliases: aliases.get(id) ?? [],
      latestVersions: (latest.get(id) ?? [])
        .toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage))
        .map(versionView),
    }));
  }

  async one(tx: Tx, model: RegisteredModel): Promise<RegisteredModelView> {
    const [view] = await this.of(tx, [model]);
    if (view === undefined) throw new Error(`no view of model ${model.id}`);
    return view;
  }
}

function byModel<T extends { readonly modelId: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.modelId);
    if (group === undefined) groups.set(item.modelId, [item]);
    else group.push(item);
  }
  return groups;
}
