import { type Actor, mayOnModel } from '@assay/contracts';
import { AppError } from '@assay/platform/http';
import type { Tx } from '@assay/platform/database';
import { appendToUri, parseModelSource, proxiedPath, uniqueTags, type ModelSource } from '@assay/pure/mlflow-wire';
import {
  type ArtifactFile,
  ArtifactFiles,
  type ArtifactOwner,
  ArtifactOwners,
  isRootOf,
  ownerKey,
  type OwnerName,
  readRunFacts,
} from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { modelNotFound, versionNotFound } from '../models/model-refusals.js';
import { promptTag, type Tag } from '../models/registered-model.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import type { RunSeal, VersionFile, VersionKey, VersionKind, VersionOwner } from './model-version.js';
import { ModelVersionStore } from './model-version.store.js';
import { sealRun } from './seal.js';

/** What the client says about where a version comes from. */
export interface GivenSource {
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly tags: readonly Tag[];
}

export interface AskedSource extends GivenSource {
  readonly actor: Actor;
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
  readonly copiedFrom: VersionKey | null;
}

/** What a source turned out to be before anything was looked up. */
type Meaning =
  | { readonly refusal: AppError }
  | { readonly resolved: ResolvedSource }
  | { readonly copyOf: Extract<ModelSource, { kind: 'model-version' }> }
  | { readonly asked: VersionOwner; readonly root: string | null };

/** Finds what a version's `source` means. Holds the owner of the files, so that they stay as they are until the version is registered. */
@Injectable()
export class SourceResolver {
  constructor(
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly owners: ArtifactOwners,
    private readonly artifacts: ArtifactFiles,
  ) {}

  async resolve(tx: Tx, actor: Actor, given: GivenSource): Promise<ResolvedSource> {
    const [outcome] = await this.resolveAll(tx, [{ ...given, actor }]);
    if (outcome === undefined || outcome instanceof AppError) throw outcome ?? new Error('a source got no answer');
    return outcome;
  }

  /** Several sources by as many statements as one needs; each gets its own answer or refusal. */
  async resolveAll(tx: Tx, given: readonly AskedSource[]): Promise<(ResolvedSource | AppError)[]> {
    const sources = given.map((each) => ({ given: each, meaning: meaningOf(each) }));
    const owners = await this.#hold(
      tx,
      sources.flatMap(({ given: { actor }, meaning }) =>
        'asked' in meaning ? [{ workspace: actor.workspace, kind: meaning.asked.kind, id: meaning.asked.id }] : [],
      ),
    );
    const checked = sources.map((each) => ({ ...each, owner: ownerOf(each.given, each.meaning, owners) }));
    const held = checked.flatMap(({ meaning, owner }) =>
      'asked' in meaning && owner !== null && !(owner instanceof AppError) ? [{ asked: meaning.asked, owner }] : [],
    );
    const files = await this.artifacts.under(
      tx,
      held.map(({ asked }) => asked),
    );
    const seals = await this.#sealRuns(tx, new Set(held.flatMap(({ owner }) => owner.sourceRunId ?? [])));
    const filesOf = new Map(held.map(({ owner, asked }, place) => [asked, { owner, files: files[place] ?? [] }]));
    const outcomes: (ResolvedSource | AppError)[] = [];
    for (const { given: each, meaning, owner } of checked) {
      if ('refusal' in meaning) outcomes.push(meaning.refusal);
      else if ('resolved' in meaning) outcomes.push(meaning.resolved);
      else if ('copyOf' in meaning) outcomes.push(await this.#copy(tx, meaning.copyOf, each));
      else if (owner instanceof AppError) outcomes.push(owner);
      else if (owner === null) outcomes.push(ofUnknownRun(each.source, meaning.asked.id));
      else {
        const found = filesOf.get(meaning.asked);
        if (found === undefined) throw new Error('the files of a source were not read');
        outcomes.push(resolvedFrom(meaning.asked, found.owner, found.files, seals));
      }
    }
    return outcomes;
  }

  /** Holds the owners, and the runs that made the logged models among them: so all facts of a run are of one moment. */
  async #hold(tx: Tx, names: readonly OwnerName[]): Promise<Map<string, ArtifactOwner>> {
    const models = await this.owners.lockAll(
      tx,
      names.filter(({ kind }) => kind === 'logged_model'),
    );
    const makers = names.flatMap((name): OwnerName[] => {
      const runId = models.get(ownerKey(name))?.sourceRunId ?? null;
      return runId === null ? [] : [{ workspace: name.workspace, kind: 'run', id: runId }];
    });
    const runs = await this.owners.lockAll(tx, [...names.filter(({ kind }) => kind === 'run'), ...makers]);
    return new Map([...models, ...runs]);
  }

  async #sealRuns(tx: Tx, runIds: ReadonlySet<string>): Promise<Map<string, RunSeal>> {
    const facts = [...(await readRunFacts(tx, [...runIds]))];
    const files = await this.artifacts.under(
      tx,
      facts.map(([id]) => ({ kind: 'run', id, path: '' })),
    );
    return new Map(facts.map(([id, each], place) => [id, sealRun(id, each, files[place] ?? [])]));
  }

  /** `models:/name/1`: the same sealed files under another number. A model that the caller may not read can't be copied either. */
  async #copy(
    tx: Tx,
    source: Extract<ModelSource, { kind: 'model-version' }>,
    given: AskedSource,
  ): Promise<ResolvedSource | AppError> {
    const { actor } = given;
    const model = await this.models.find(tx, actor.workspace, source.name);
    if (model === null || !mayOnModel(actor, 'registry:read', source.name)) return modelNotFound(source.name);
    const version = await this.versions.find(tx, model.id, source.version);
    if (version === null) return versionNotFound(source.name, source.version);
    const contradiction =
      contradicts('run_id', given.runId, version.runId) ??
      contradicts('model_id', given.modelId, version.loggedModelId);
    if (contradiction !== null) return contradiction;
    const { kind, storageUri, runId, loggedModelId, owner, runSeal } = version;
    const files = await this.versions.files(tx, model.id, version.version);
    const copiedFrom = { modelId: model.id, version: version.version };
    return { kind, storageUri, runId, loggedModelId, owner, runSeal, copiedFrom, files };
  }
}

function meaningOf(given: GivenSource): Meaning {
  const parsed = parseModelSource(given.source);
  if ('refusal' in parsed) return { refusal: new AppError('INVALID_PARAMETER_VALUE', parsed.refusal) };
  const { source } = parsed;
  const isPrompt = uniqueTags(given.tags).some(({ key, value }) => key === promptTag && value.toLowerCase() === 'true');
  if (isPrompt !== (source.kind === 'prompt')) {
    return {
      refusal: new AppError(
        'INVALID_PARAMETER_VALUE',
        `Invalid model version source: '${given.source}' is for ${isPrompt ? 'models' : 'prompts'} only.`,
      ),
    };
  }
  const withoutFiles = {
    storageUri: given.source,
    runId: given.runId ?? null,
    owner: null,
    files: [],
    runSeal: null,
    copiedFrom: null,
  };
  switch (source.kind) {
    case 'prompt':
      return { resolved: { ...withoutFiles, kind: 'unsealed', loggedModelId: null } };
    case 'external':
      return { resolved: { ...withoutFiles, kind: 'external', loggedModelId: given.modelId ?? null } };
    case 'model-version':
      return { copyOf: source };
    case 'logged-model':
      return { asked: { kind: 'logged_model', id: source.modelId, path: '' }, root: null };
    case 'run':
      return { asked: { kind: 'run', id: source.runId, path: source.path }, root: null };
    case 'artifacts':
      return { asked: { kind: source.owner, id: source.ownerId, path: source.path }, root: source.root };
  }
}

/** The owner that a source names, if it is there and agrees with what else the client says; null for a source without one, or with one elsewhere. */
function ownerOf(
  given: AskedSource,
  meaning: Meaning,
  owners: ReadonlyMap<string, ArtifactOwner>,
): ArtifactOwner | AppError | null {
  if (!('asked' in meaning)) return null;
  const { asked, root } = meaning;
  const owner = owners.get(ownerKey({ workspace: given.actor.workspace, kind: asked.kind, id: asked.id }));
  if (owner === undefined && root === null && asked.kind === 'run' && given.runId === asked.id) return null;
  if (owner === undefined && given.runId !== undefined && given.runId !== '' && asked.kind === 'run') {
    return new AppError(
      'INVALID_PARAMETER_VALUE',
      `Invalid model version source: '${given.source}'. The run_id request parameter must identify the resource that contains the source.`,
    );
  }
  if (owner === undefined || owner.deleted) {
    const noun = asked.kind === 'run' ? 'Run' : 'Logged model';
    return new AppError(
      'RESOURCE_DOES_NOT_EXIST',
      `${noun} with id=${asked.id} not found: the source '${given.source}' names it.`,
    );
  }
  if (root !== null && !isRootOf(owner, root)) {
    return new AppError(
      'INVALID_PARAMETER_VALUE',
      `Invalid model version source: '${given.source}' does not lie under the artifacts of ${asked.id}.`,
    );
  }
  const { runId, loggedModelId } = origin(owner);
  return contradicts('run_id', given.runId, runId) ?? contradicts('model_id', given.modelId, loggedModelId) ?? owner;
}

/** A run of another server, named by the source and by `run_id` alike, as MLflow takes it: nothing to seal, so no guarded pointer takes it. */
function ofUnknownRun(source: string, runId: string): ResolvedSource {
  const nothing = { loggedModelId: null, owner: null, files: [], runSeal: null, copiedFrom: null };
  return { kind: 'unsealed', storageUri: source, runId, ...nothing };
}

function resolvedFrom(
  asked: VersionOwner,
  owner: ArtifactOwner,
  files: readonly ArtifactFile[],
  seals: ReadonlyMap<string, RunSeal>,
): ResolvedSource {
  const { runId, loggedModelId } = origin(owner);
  const inOurStore = proxiedPath(owner.artifactUri) !== null;
  return {
    kind: files.length > 0 ? 'sealed' : inOurStore ? 'unsealed' : 'external',
    storageUri: asked.path === '' ? owner.artifactUri : appendToUri(owner.artifactUri, asked.path),
    runId,
    loggedModelId,
    owner: files.length > 0 ? asked : null,
    files: files.map((file) => ({ ...file, path: relative(file.path, asked.path) })),
    runSeal: runId === null ? null : (seals.get(runId) ?? null),
    copiedFrom: null,
  };
}

function origin(owner: ArtifactOwner): { runId: string | null; loggedModelId: string | null } {
  return owner.kind === 'run'
    ? { runId: owner.id, loggedModelId: null }
    : { runId: owner.sourceRunId, loggedModelId: owner.id };
}

/** Older clients leave these ids out; one that contradicts the source would make a false author. */
function contradicts(parameter: string, given: string | undefined, found: string | null): AppError | null {
  if (given === undefined || given === '' || given === found) return null;
  return new AppError(
    'INVALID_PARAMETER_VALUE',
    `Invalid value "${given}" for parameter '${parameter}' supplied: the source belongs to ${found === null ? 'none' : `"${found}"`}.`,
  );
}

/** A file's path below the source; the source may be that one file, which then keeps its name. */
function relative(path: string, source: string): string {
  if (source === '') return path;
  return path === source ? (path.split('/').at(-1) ?? path) : path.slice(source.length + 1);
}
