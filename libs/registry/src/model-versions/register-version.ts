import { createHash } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient, type ComposedRecord, type RecordOrigin, row } from '@assay/platform/audit-client';
import {
  type CallOutcome,
  Clock,
  Database,
  Batcher,
  inTransaction,
  InjectDatabase,
  type Tx,
} from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { uniqueTags } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelNotFound, versionNotFound } from '../models/model-refusals.js';
import type { Tag } from '../models/registered-model.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import type { DescribedVersion } from './model-version.js';
import { ModelVersionStore, type NewVersion } from './model-version.store.js';
import { contentsOf } from './seal.js';
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

interface Call {
  readonly actor: Actor;
  readonly input: RegisterVersionInput;
  readonly key: string | null;
  readonly origin: RecordOrigin | null;
}

interface Made {
  readonly version: DescribedVersion;
  /** None when an earlier request made the version. */
  readonly records: readonly ComposedRecord[];
}

interface NumberedModel {
  readonly id: string;
  readonly name: string;
  lastVersion: number;
}

const maxFiles = 10_000;

/**
 * Registers the next version of a model. Where its files are ours it is sealed in the same transaction that holds their owner: their
 * manifest becomes the version's identity, and neither the files nor the version can change from then on.
 *
 * Registrations that arrive together share a transaction, and its statements: the models are locked, then the owners of the files, always
 * in one order; then everything is read, then everything is written. A refused one has written nothing and leaves the others as they are.
 */
@Injectable()
export class RegisterVersion {
  private readonly together = new Batcher<Call, Made>((calls) => this.registerTogether(calls), {
    lanes: 2,
    maxWeight: 32,
    repeatable: false,
    maxWaitingBytes: 32 * 1024 * 1024,
    bytes: ({ input }) => input.tags.reduce((sum, { key, value }) => sum + 2 * (key.length + value.length), 16_384),
  });

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
    const call: Call = { actor, input, key, origin: this.audit.origin() };
    // A job's fence is asked in its own transaction, and of two requests with one key the second must see what the first made.
    const { version, records } =
      key === null && actor.job === undefined ? await this.together.submit(call) : await this.alone(call);
    for (const record of records) this.audit.answer(record);
    return version;
  }

  private async registerTogether(calls: readonly Call[]): Promise<CallOutcome<Made>[]> {
    let outcomes: CallOutcome<Made>[] = [];
    return this.database.transaction(
      async (tx) => (outcomes = await this.registerAll(tx, calls)),
      async (tx) => ((await this.isStored(tx, outcomes)) ? outcomes : null),
    );
  }

  /** Whether a commit whose confirmation was lost has stored these versions: all of them or none. */
  private async isStored(tx: Tx, outcomes: readonly CallOutcome<Made>[]): Promise<boolean> {
    const first = outcomes.find((each) => 'answer' in each);
    if (first === undefined || 'error' in first) return false;
    const { modelId, version, source, createdAt } = first.answer.version;
    const [stored] = await this.versions.described(tx, modelId, [version]);
    return stored?.source === source && stored.createdAt.getTime() === createdAt.getTime();
  }

  private async alone(call: Call): Promise<Made> {
    return this.database.transaction(async (tx) => {
      const [outcome] = await this.registerAll(tx, [call]);
      if (outcome === undefined) throw new Error('a registration got no outcome');
      if ('error' in outcome) throw outcome.error;
      return outcome.answer;
    });
  }

  private async registerAll(tx: Tx, calls: readonly Call[]): Promise<CallOutcome<Made>[]> {
    const models = await this.lockModels(tx, calls);
    const outcomes = new Map<Call, CallOutcome<Made>>();
    const open: { call: Call; model: NumberedModel }[] = [];
    for (const call of calls) {
      const model = models.get(modelKey(call));
      const earlier =
        model === undefined ? { error: modelNotFound(call.input.name) } : await this.earlier(tx, call, model);
      if (earlier !== null) outcomes.set(call, earlier);
      else if (model !== undefined) open.push({ call, model });
    }
    const sources = await this.sources.resolveAll(
      tx,
      open.map(({ call: { actor, input } }) => ({ ...input, actor })),
    );
    const createdAt = this.clock.now();
    const drafts = open.flatMap(({ call, model }, place) => {
      const source = sources[place];
      const refusal = source === undefined ? new Error('a source got no answer') : refusalOf(source);
      if (source === undefined || source instanceof AppError || refusal !== null) {
        outcomes.set(call, { error: refusal });
        return [];
      }
      model.lastVersion += 1;
      return [this.draft(call, model, source, createdAt)];
    });
    if (drafts.length > 0) {
      await this.versions.insertAll(tx, drafts);
      await this.models.setLastVersions(tx, [...new Set(drafts.map(({ model }) => model))], createdAt);
      await this.audit.write(
        inTransaction(tx),
        drafts.flatMap(({ records }) => records),
      );
    }
    for (const draft of drafts) {
      await this.rememberKey(tx, draft.call, draft.version);
      outcomes.set(draft.call, { answer: { version: described(draft), records: draft.records } });
    }
    return calls.map((call) => outcomes.get(call) ?? { error: new Error('a registration got no outcome') });
  }

  private async lockModels(tx: Tx, calls: readonly Call[]): Promise<Map<string, NumberedModel>> {
    const names = calls.map(({ actor, input }) => ({ workspace: actor.workspace, name: input.name }));
    const rows = await this.models.lockAll(tx, names);
    return new Map(rows.map((model) => [`${model.workspace}/${model.name}`, model]));
  }

  /** What an earlier request with the same key came to; null for a request without a key, or the first one with it. */
  private async earlier(tx: Tx, { actor, input, key }: Call, model: NumberedModel): Promise<CallOutcome<Made> | null> {
    const made = key === null ? null : await this.versions.registeredUnder(tx, actor.id, key);
    if (made === null) return null;
    if (made.requestSha256 !== digestOf(input) || made.modelId !== model.id) return { error: keyTaken() };
    const [version] = await this.versions.described(tx, model.id, [made.version]);
    return version === undefined
      ? { error: versionNotFound(input.name, made.version) }
      : { answer: { version, records: [] } };
  }

  private async rememberKey(
    tx: Tx,
    { actor, input, key }: Call,
    { modelId, version, createdAt }: NewVersion,
  ): Promise<void> {
    if (key === null) return;
    const made = { modelId, version, requestSha256: digestOf(input) };
    if (!(await this.versions.rememberKey(tx, actor.id, key, made, createdAt))) throw keyTaken();
  }

  private draft(call: Call, model: NumberedModel, { files, ...where }: ResolvedSource, createdAt: Date): Draft {
    const { actor, input } = call;
    const version: NewVersion = {
      ...where,
      modelId: model.id,
      version: model.lastVersion,
      description: input.description ?? null,
      source: input.source,
      runLink: input.runLink ?? null,
      ...contentsOf(where.kind, files),
      registeredBy: actor.onBehalfOf ?? actor.id,
      userId: null,
      createdAt,
    };
    const tags = uniqueTags(input.tags);
    return { call, model, version, files, tags, records: this.records(call, version, tags) };
  }

  private records({ actor, origin }: Call, version: NewVersion, tags: readonly Tag[]): ComposedRecord[] {
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
      copiedFrom,
    } = version;
    const registered = this.audit.compose(
      actor,
      {
        action: 'registry.version.registered.v1',
        target: { type: 'model-version', id: modelId, version: String(number) },
        covers: [
          row('registry.model_version', modelId, number), // first: the row that a record names first is found fastest
          row('registry.registered_model', modelId),
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
          ...(copiedFrom === null ? {} : { copiedFrom: { ...copiedFrom } }),
          tagKeys: tags.map(({ key }) => key),
        },
        ...(version.description === null ? {} : { personal: { description: version.description } }),
        ...(runId === null ? {} : { links: { run: runId } }),
      },
      origin,
    );
    if (runSeal === null) return [registered];
    const { runId: id, ...digests } = runSeal;
    const sealed = this.audit.compose(
      actor,
      {
        action: 'registry.run.sealed.v1',
        target: { type: 'run', id },
        covers: [],
        after: digests,
        links: { model: modelId, version: String(number) },
      },
      origin,
    );
    return [sealed, registered];
  }
}

/** A version about to be written, with all that belongs to it. */
interface Draft {
  readonly call: Call;
  readonly model: NumberedModel;
  readonly version: NewVersion;
  readonly files: ResolvedSource['files'];
  readonly tags: readonly Tag[];
  readonly records: readonly ComposedRecord[];
}

/** A version as it is the moment it is made: in no stage, under no alias. */
function described({ version, model, tags }: Draft): DescribedVersion {
  return {
    ...version,
    name: model.name,
    stage: 'None',
    tags: tags.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    aliases: [],
    updatedAt: version.createdAt,
    deletedAt: null,
  };
}

function refusalOf(source: ResolvedSource | AppError): AppError | null {
  if (source instanceof AppError) return source;
  if (source.files.length <= maxFiles) return null;
  return new AppError(
    'INVALID_PARAMETER_VALUE',
    `The source holds ${source.files.length} files, more than a version may have (${maxFiles}): register a folder of it.`,
  );
}

function modelKey({ actor, input }: Call): string {
  return `${actor.workspace}/${input.name}`;
}

function digestOf(input: RegisterVersionInput): string {
  return createHash('sha256').update(JSON.stringify(input)).digest('hex');
}

function keyTaken(): AppError {
  return new AppError('RESOURCE_CONFLICT', 'This Idempotency-Key was used for another request: take a new one.');
}
