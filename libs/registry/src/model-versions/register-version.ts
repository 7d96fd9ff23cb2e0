import { createHash } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { uniqueTags } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelNotFound, versionNotFound } from '../models/model-refusals.js';
import type { Tag } from '../models/registered-model.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import type { DescribedVersion } from './model-version.js';
import { ModelVersionStore, type NewVersion } from './model-version.store.js';
import { manifestDigest } from './seal.js';
import { SourceResolver, type ResolvedSource } from './source-resolver.js';

export interface RegisterVersionInput {
  readonly name: string;
  readonly source: string;
  readonly runId: string | undefined;
  readonly runLink: string | undefined;
  readonly modelId: string | undefined;
  readonly description: string | undefined;
  readonly tags: readonly Tag[];
}

const maxFiles = 10_000;

/**
 * Registers the next version of a model. Where its files are ours it is sealed in the same transaction that holds their owner: their
 * manifest becomes the version's identity, and neither the files nor the version can change from then on.
 */
@Injectable()
export class RegisterVersion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly sources: SourceResolver,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** With an `Idempotency-Key`, the same caller's same request again answers the version that the first one made. */
  async execute(actor: Actor, input: RegisterVersionInput, key: string | null): Promise<DescribedVersion> {
    return this.database.transaction(async (tx) => {
      const model = await this.models.lock(tx, actor.workspace, input.name, 'update');
      if (model === null) throw modelNotFound(input.name);
      const request = createHash('sha256').update(JSON.stringify(input)).digest('hex');
      const earlier = key === null ? null : await this.versions.registeredUnder(tx, actor.id, key);
      if (earlier !== null && (earlier.requestSha256 !== request || earlier.modelId !== model.id)) throw keyTaken();
      const number = earlier?.version ?? (await this.#register(tx, actor, model.id, input));
      if (key !== null && earlier === null) {
        const made = { modelId: model.id, version: number, requestSha256: request };
        if (!(await this.versions.rememberKey(tx, actor.id, key, made))) throw keyTaken();
      }
      const [described] = await this.versions.described(tx, model.id, [number]);
      if (described === undefined) throw versionNotFound(input.name, number);
      return described;
    });
  }

  async #register(tx: Tx, actor: Actor, modelId: string, input: RegisterVersionInput): Promise<number> {
    const source = await this.sources.resolve(tx, actor.workspace, input);
    if (source.files.length > maxFiles) {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `The source holds ${source.files.length} files, more than a version may have (${maxFiles}): register a folder of it.`,
      );
    }
    const version = await this.#insert(tx, actor, modelId, input, source);
    const tags = uniqueTags(input.tags);
    for (const tag of tags) await this.versions.setTag(tx, modelId, version.version, tag);
    await this.#record(tx, actor, version, tags);
    return version.version;
  }

  async #insert(
    tx: Tx,
    actor: Actor,
    modelId: string,
    input: RegisterVersionInput,
    source: ResolvedSource,
  ): Promise<NewVersion> {
    const createdAt = this.clock.now();
    const { files, ...where } = source;
    const version: NewVersion = {
      ...where,
      modelId,
      version: await this.models.takeVersionNumber(tx, modelId, createdAt),
      description: input.description ?? null,
      source: input.source,
      runLink: input.runLink ?? null,
      manifestDigest: source.kind === 'sealed' ? manifestDigest(files) : null,
      fileCount: files.length,
      totalBytes: files.reduce((sum, { size }) => sum + size, 0),
      registeredBy: actor.onBehalfOf ?? actor.id,
      userId: null,
      createdAt,
    };
    await this.versions.insert(tx, version, files);
    return version;
  }

  async #record(tx: Tx, actor: Actor, version: NewVersion, tags: readonly Tag[]): Promise<void> {
    const {
      modelId,
      version: number,
      kind,
      manifestDigest: digest,
      fileCount,
      totalBytes,
      source,
      runId,
      loggedModelId,
      runSeal,
    } = version;
    if (runSeal !== null) {
      const { runId: id, ...digests } = runSeal;
      await this.audit.record(tx, actor, {
        action: 'registry.run.sealed.v1',
        target: { type: 'run', id },
        covers: [],
        after: digests,
        links: { model: modelId, version: String(number) },
      });
    }
    await this.audit.record(tx, actor, {
      action: 'registry.version.registered.v1',
      target: { type: 'model-version', id: modelId, version: String(number) },
      covers: [
        row('registry.registered_model', modelId),
        row('registry.model_version', modelId, number),
        ...tags.map(({ key }) => row('registry.model_version_tag', modelId, number, key)),
      ],
      after: {
        kind,
        manifestDigest: digest,
        fileCount,
        totalBytes,
        source,
        runId,
        loggedModelId,
        tagKeys: tags.map(({ key }) => key),
      },
      ...(version.description === null ? {} : { personal: { description: version.description } }),
      ...(runId === null ? {} : { links: { run: runId } }),
    });
  }
}

function keyTaken(): AppError {
  return new AppError('RESOURCE_CONFLICT', 'This Idempotency-Key was used for another request: take a new one.');
}
