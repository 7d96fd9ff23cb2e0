import { AppError } from '@assay/platform/http';
import type { Tx } from '@assay/platform/database';
import { appendToUri, parseModelSource, proxiedPath, type ModelSource } from '@assay/pure/mlflow-wire';
import { ArtifactFiles, ArtifactOwners, isRootOf, readRunFacts, type ArtifactOwner } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { modelNotFound, versionNotFound } from '../models/model-refusals.js';
import { promptTag, type Tag } from '../models/registered-model.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import type { RunSeal, VersionFile, VersionKind, VersionOwner } from './model-version.js';
import { ModelVersionStore } from './model-version.store.js';
import { sealRun } from './seal.js';

/** What the client says about where a version comes from. */
export interface GivenSource {
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly tags: readonly Tag[];
}

/** Where a version's files lie and whose they are, found out under lock. */
export interface ResolvedSource {
  readonly kind: VersionKind;
  readonly storageUri: string;
  readonly runId: string | null;
  readonly loggedModelId: string | null;
  readonly owner: VersionOwner | null;
  readonly files: readonly VersionFile[];
  readonly runSeal: RunSeal | null;
}

/** Finds what a version's `source` means. Holds the owner of the files, so that they stay as they are until the version is registered. */
@Injectable()
export class SourceResolver {
  constructor(
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly owners: ArtifactOwners,
    private readonly artifacts: ArtifactFiles,
  ) {}

  async resolve(tx: Tx, workspace: string, given: GivenSource): Promise<ResolvedSource> {
    const parsed = parseModelSource(given.source);
    if ('refusal' in parsed) throw new AppError('INVALID_PARAMETER_VALUE', parsed.refusal);
    const { source } = parsed;
    const isPrompt = given.tags.some(({ key, value }) => key === promptTag && value.toLowerCase() === 'true');
    if (isPrompt !== (source.kind === 'prompt')) {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Invalid model version source: '${given.source}' is for ${isPrompt ? 'models' : 'prompts'} only.`,
      );
    }
    switch (source.kind) {
      case 'prompt':
        return {
          kind: 'unsealed',
          storageUri: given.source,
          runId: given.runId ?? null,
          loggedModelId: null,
          owner: null,
          files: [],
          runSeal: null,
        };
      case 'external':
        return {
          kind: 'external',
          storageUri: given.source,
          runId: given.runId ?? null,
          loggedModelId: given.modelId ?? null,
          owner: null,
          files: [],
          runSeal: null,
        };
      case 'model-version':
        return this.#copy(tx, workspace, source, given);
      case 'logged-model':
        return this.#owned(tx, workspace, { kind: 'logged_model', id: source.modelId, path: '' }, null, given);
      case 'run':
        return this.#owned(tx, workspace, { kind: 'run', id: source.runId, path: source.path }, null, given);
      case 'artifacts':
        return this.#owned(
          tx,
          workspace,
          { kind: source.owner, id: source.ownerId, path: source.path },
          source.root,
          given,
        );
    }
  }

  /** `models:/name/1`: the same sealed files under another number. */
  async #copy(
    tx: Tx,
    workspace: string,
    source: Extract<ModelSource, { kind: 'model-version' }>,
    given: GivenSource,
  ): Promise<ResolvedSource> {
    const model = await this.models.find(tx, workspace, source.name);
    if (model === null) throw modelNotFound(source.name);
    const version = await this.versions.find(tx, model.id, source.version);
    if (version === null) throw versionNotFound(source.name, source.version);
    requireSame('run_id', given.runId, version.runId);
    requireSame('model_id', given.modelId, version.loggedModelId);
    const { kind, storageUri, runId, loggedModelId, owner, runSeal } = version;
    return {
      kind,
      storageUri,
      runId,
      loggedModelId,
      owner,
      runSeal,
      files: await this.versions.files(tx, model.id, version.version),
    };
  }

  async #owned(
    tx: Tx,
    workspace: string,
    asked: VersionOwner,
    root: string | null,
    given: GivenSource,
  ): Promise<ResolvedSource> {
    const owner = await this.owners.lock(tx, { workspace, kind: asked.kind, id: asked.id });
    if (owner === null && root === null && given.runId === asked.id) return ofUnknownRun(given.source, asked.id);
    if (owner === null || owner.deleted) {
      const noun = asked.kind === 'run' ? 'Run' : 'Logged model';
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        `${noun} with id=${asked.id} not found: the source '${given.source}' names it.`,
      );
    }
    if (root !== null && !isRootOf(owner, root)) {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Invalid model version source: '${given.source}' does not lie under the artifacts of ${asked.id}.`,
      );
    }
    const { runId, loggedModelId } = origin(owner);
    requireSame('run_id', given.runId, runId);
    requireSame('model_id', given.modelId, loggedModelId);
    const files = (await this.artifacts.under(tx, { kind: asked.kind, id: asked.id }, asked.path)).map((file) => ({
      ...file,
      path: relative(file.path, asked.path),
    }));
    const inOurStore = proxiedPath(owner.artifactUri) !== null;
    return {
      kind: files.length > 0 ? 'sealed' : inOurStore ? 'unsealed' : 'external',
      storageUri: asked.path === '' ? owner.artifactUri : appendToUri(owner.artifactUri, asked.path),
      runId,
      loggedModelId,
      owner: files.length > 0 ? asked : null,
      files,
      runSeal: runId === null ? null : await this.#sealRun(tx, workspace, runId),
    };
  }

  /** Holds the run, so that all of its facts are of one moment. */
  async #sealRun(tx: Tx, workspace: string, runId: string): Promise<RunSeal | null> {
    await this.owners.lock(tx, { workspace, kind: 'run', id: runId });
    const facts = await readRunFacts(tx, runId);
    return facts === null
      ? null
      : sealRun(runId, facts, await this.artifacts.under(tx, { kind: 'run', id: runId }, ''));
  }
}

/** A run of another server, named by the source and by `run_id` alike, as MLflow takes it: there is nothing to seal, so no guarded pointer takes it. */
function ofUnknownRun(source: string, runId: string): ResolvedSource {
  return { kind: 'unsealed', storageUri: source, runId, loggedModelId: null, owner: null, files: [], runSeal: null };
}

function origin(owner: ArtifactOwner): { runId: string | null; loggedModelId: string | null } {
  return owner.kind === 'run'
    ? { runId: owner.id, loggedModelId: null }
    : { runId: owner.sourceRunId, loggedModelId: owner.id };
}

/** Older clients leave these ids out; one that contradicts the source would make a false author. */
function requireSame(parameter: string, given: string | undefined, found: string | null): void {
  if (given === undefined || given === '' || given === found) return;
  throw new AppError(
    'INVALID_PARAMETER_VALUE',
    `Invalid value "${given}" for parameter '${parameter}' supplied: the source belongs to ${found === null ? 'none' : `"${found}"`}.`,
  );
}

/** A file's path below the source; the source may be that one file, which then keeps its name. */
function relative(path: string, source: string): string {
  if (source === '') return path;
  return path === source ? (path.split('/').at(-1) ?? path) : path.slice(source.length + 1);
}
