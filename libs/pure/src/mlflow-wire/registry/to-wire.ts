import type { WireModelVersion, WireRegisteredModel } from './registered-models.js';
import type { Stage } from './stages.js';

export interface TagView {
  readonly key: string;
  readonly value: string;
}

/** What a model version's wire form needs to be known. */
export interface ModelVersionView {
  readonly name: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly stage: Stage;
  readonly description: string | null;
  readonly source: string;
  readonly runId: string | null;
  readonly runLink: string | null;
  readonly userId: string | null;
  readonly loggedModelId: string | null;
  readonly tags: readonly TagView[];
  readonly aliases: readonly string[];
}

export interface RegisteredModelView {
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly description: string | null;
  readonly tags: readonly TagView[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  readonly latestVersions: readonly ModelVersionView[];
}

/** MLflow omits empty lists and unset optional fields, but sends empty texts. */
export function modelVersionToWire(view: ModelVersionView): WireModelVersion {
  const wire: WireModelVersion = {
    name: view.name,
    version: String(view.version),
    creation_timestamp: view.createdAt.getTime(),
    last_updated_timestamp: view.updatedAt.getTime(),
    current_stage: view.stage,
    description: view.description ?? '',
    source: view.source,
    run_id: view.runId ?? '',
    run_link: view.runLink ?? '',
    status: 'READY',
  };
  // Set one by one: a page has hundreds, and spreading makes an object for each field that may be there.
  if (view.userId !== null) wire.user_id = view.userId;
  if (view.loggedModelId !== null) wire.model_id = view.loggedModelId;
  if (view.tags.length > 0) wire.tags = view.tags.map(({ key, value }) => ({ key, value }));
  if (view.aliases.length > 0) wire.aliases = [...view.aliases];
  return wire;
}

export function registeredModelToWire(view: RegisteredModelView): WireRegisteredModel {
  return {
    name: view.name,
    creation_timestamp: view.createdAt.getTime(),
    last_updated_timestamp: view.updatedAt.getTime(),
    ...(view.description === null ? {} : { description: view.description }),
    ...(view.latestVersions.length === 0 ? {} : { latest_versions: view.latestVersions.map(modelVersionToWire) }),
    ...(view.tags.length === 0 ? {} : { tags: view.tags.map(({ key, value }) => ({ key, value })) }),
    ...(view.aliases.length === 0
      ? {}
      : { aliases: view.aliases.map(({ alias, version }) => ({ alias, version: String(version) })) }),
  };
}
