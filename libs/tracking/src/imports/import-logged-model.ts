import type { Actor, CompleteLoggedModelRequest, ImportedOwner, ImportLoggedModelRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { appendToUri } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { loggedModelNotFound } from '../logged-models/logged-model.js';
import { LoggedModelStore } from '../logged-models/logged-model.store.js';
import { takenHere } from './import-refusals.js';
import { ImportStore, type SourceKey } from './import.store.js';
import { ImportedExperiments } from './imported-experiments.js';

/** Brings a logged model under its own id; parameters, tags, metrics and files follow through the ordinary calls. */
@Injectable()
export class ImportLoggedModel {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly imports: ImportStore,
    private readonly experiments: ImportedExperiments,
    private readonly models: LoggedModelStore,
    private readonly audit: AuditClient,
  ) {}

  async begin(actor: Actor, request: ImportLoggedModelRequest): Promise<ImportedOwner> {
    return this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const source = sourceOf(actor, request);
      const earlier = await this.imports.find(tx, source);
      if (earlier === null) {
        const artifactUri = await this.make(tx, actor, request);
        await this.imports.remember(tx, source, request.model_id);
        return { artifact_uri: artifactUri, outcome: 'imported' };
      }
      const model = (await this.models.lock(tx, actor.workspace, request.model_id))?.model;
      if (model === undefined) {
        throw new AppError(
          'RESOURCE_CONFLICT',
          `The logged model ${request.model_id} came from ${request.origin} before and was deleted here, so it stays deleted.`,
        );
      }
      if (earlier.fingerprint === request.fingerprint) return { artifact_uri: model.artifactUri, outcome: 'unchanged' };
      await this.imports.setFingerprint(tx, source, null);
      return { artifact_uri: model.artifactUri, outcome: earlier.fingerprint === null ? 'imported' : 'changed' };
    });
  }

  /** Gives the model the status that it has at its origin, once everything of it is here. */
  async complete(actor: Actor, request: CompleteLoggedModelRequest): Promise<void> {
    await this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const source = sourceOf(actor, request);
      const earlier = await this.imports.find(tx, source);
      const model = earlier === null ? null : await this.models.lock(tx, actor.workspace, request.model_id);
      if (model === null) throw loggedModelNotFound(request.model_id);
      await this.models.setStatus(tx, request.model_id, request.status, request.last_update_time);
      await this.imports.setFingerprint(tx, source, request.fingerprint);
      await this.audit.record(tx, actor, {
        action: 'tracking.logged_model.import_completed.v1',
        target: { type: 'logged_model', id: request.model_id },
        covers: [row('tracking.logged_model', request.model_id)],
        after: { origin: request.origin, status: request.status, fingerprint: request.fingerprint },
      });
    });
  }

  private async make(tx: Tx, actor: Actor, request: ImportLoggedModelRequest): Promise<string> {
    const { origin, experiment_id: experimentId, model_id: id } = request;
    const experiment = await this.experiments.require(tx, actor.workspace, origin, experimentId);
    if (await this.imports.isTaken(tx, 'logged_model', id)) throw takenHere('logged model', id, origin);
    const artifactUri = appendToUri(experiment.artifactLocation, 'models', id, 'artifacts');
    await this.models.insert(tx, actor.workspace, {
      id,
      experimentId: experiment.id,
      name: request.name,
      modelType: request.model_type ?? null,
      status: 'LOGGED_MODEL_PENDING',
      sourceRunId: request.source_run_id ?? null,
      createdBy: actor.onBehalfOf ?? actor.id,
      artifactUri,
      createdMs: request.creation_time,
      updatedMs: request.creation_time,
    });
    await this.audit.record(tx, actor, {
      action: 'tracking.logged_model.imported.v1',
      target: { type: 'logged_model', id },
      covers: [row('tracking.logged_model', id)],
      after: { origin, experiment: experiment.id, name: request.name, artifactUri },
    });
    return artifactUri;
  }
}

function sourceOf(actor: Actor, { origin, model_id }: { origin: string; model_id: string }): SourceKey {
  return { workspace: actor.workspace, origin, kind: 'logged_model', sourceId: model_id };
}
