import type { Actor, ImportedRegistryObject, ImportModelVersionRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { uniqueTags } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelNotFound } from '../models/model-refusals.js';
import { RegisteredModelStore } from '../models/registered-model.store.js';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { contentsOf } from '../model-versions/seal.js';
import { SourceResolver } from '../model-versions/source-resolver.js';

/**
 * Brings a version under its own number, with its times and its user. Where its files were carried it is sealed, as any version is. Who
 * imports it counts as its registrar: nobody approves a version by saying that somebody else made it.
 */
@Injectable()
export class ImportVersion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly models: RegisteredModelStore,
    private readonly versions: ModelVersionStore,
    private readonly sources: SourceResolver,
    private readonly audit: AuditClient,
  ) {}

  async execute(actor: Actor, request: ImportModelVersionRequest): Promise<ImportedRegistryObject> {
    return this.database.transaction(async (tx) => {
      const model = await this.models.lock(tx, actor.workspace, request.name, 'update');
      if (model === null) throw modelNotFound(request.name);
      const here = await this.versions.find(tx, model.id, request.version);
      if (here === null) {
        await this.#make(tx, actor, model.id, request);
        return { outcome: 'imported' };
      }
      if (here.createdAt.getTime() === request.creation_time) return { outcome: 'present' };
      throw new AppError(
        'RESOURCE_CONFLICT',
        `Model ${request.name} has another version ${request.version} here already: import into a server, or under a name, that is free.`,
      );
    });
  }

  async #make(tx: Tx, actor: Actor, modelId: string, request: ImportModelVersionRequest): Promise<void> {
    const tags = uniqueTags(request.tags);
    const { files, ...where } = await this.sources.resolve(tx, actor, {
      source: request.source,
      runId: request.run_id,
      modelId: request.model_id,
      tags,
    });
    if (!(await this.models.claimVersionNumber(tx, modelId, request.version)))
      throw new AppError(
        'RESOURCE_CONFLICT',
        `Model ${request.name} had a version ${request.version} here, which was deleted: its number is never used again.`,
      );
    const version = {
      ...where,
      modelId,
      version: request.version,
      description: request.description ?? null,
      source: request.source,
      runLink: request.run_link ?? null,
      ...contentsOf(where.kind, files),
      registeredBy: actor.onBehalfOf ?? actor.id,
      userId: request.user_id ?? null,
      createdAt: new Date(request.creation_time),
    };
    await this.versions.insertAll(tx, [{ version, files, tags }]);
    await this.audit.record(tx, actor, {
      action: 'registry.version.imported.v1',
      target: { type: 'model-version', id: modelId, version: String(request.version) },
      covers: [
        row('registry.registered_model', modelId),
        row('registry.model_version', modelId, request.version),
        ...tags.map(({ key }) => row('registry.model_version_tag', modelId, request.version, key)),
      ],
      after: {
        origin: request.origin,
        kind: where.kind,
        manifestDigest: version.manifestDigest,
        fileCount: files.length,
        source: request.source,
        originalSource: request.original_source,
        originallyCreatedMs: request.creation_time,
        runId: where.runId,
        loggedModelId: where.loggedModelId,
        ...(where.copiedFrom === null ? {} : { copiedFrom: { ...where.copiedFrom } }),
      },
      ...(request.user_id === undefined ? {} : { personal: { userId: request.user_id } }),
      ...(where.runId === null ? {} : { links: { run: where.runId } }),
    });
  }
}
