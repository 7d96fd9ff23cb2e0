import { randomUUID } from 'node:crypto';
import { type Actor, hiddenModels } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { appendToUri, type CreateLoggedModelRequest, type LoggedModelStatus } from '@assay/pure/mlflow-wire';
import { Registrations } from '@assay/registry-reads';
import { Injectable } from '@nestjs/common';
import {
  type Experiment,
  experimentNotFound,
  type KeyValue,
  requireActiveExperiment,
} from '../experiments/experiment.js';
import { claimCreationKey } from '../creation-keys/creation-key.store.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { madeUpName } from '../runs/made-up-name.js';
import {
  type LoggedModelDetail,
  loggedModelNotFound,
  registeredAs,
  type RegisteredLoggedModel,
} from './logged-model.js';
import { LoggedModelStore } from './logged-model.store.js';

/** Creates, reads, finalizes, tags and deletes logged models. */
@Injectable()
export class LoggedModelsService {
  private readonly registrations = new Registrations();

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly models: LoggedModelStore,
    private readonly experiments: ExperimentStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async create(actor: Actor, request: CreateLoggedModelRequest, key: string | null): Promise<RegisteredLoggedModel> {
    const digits = randomUUID().replaceAll('-', '');
    const id = `m-${digits}`;
    const now = this.clock.now().getTime();
    const sourceRunId = request.source_run_id ?? null;
    const make = async (tx: Tx): Promise<RegisteredLoggedModel> => {
      const earlier =
        key === null
          ? null
          : await claimCreationKey(tx, actor, key, { kind: 'logged_model', id, request, createdMs: now });
      if (earlier !== null) return this.found(tx, actor, earlier);
      const experiment = await this.activeExperiment(tx, actor, request.experiment_id);
      const artifactUri = appendToUri(experiment.artifactLocation, 'models', id, 'artifacts');
      const name = request.name === undefined || request.name === '' ? madeUpName(digits) : request.name;
      await this.models.insert(tx, actor.workspace, {
        id,
        experimentId: experiment.id,
        name,
        modelType: request.model_type ?? null,
        status: 'LOGGED_MODEL_PENDING',
        sourceRunId,
        createdBy: actor.onBehalfOf ?? actor.id,
        artifactUri,
        createdMs: now,
        updatedMs: now,
      });
      await this.addParams(tx, id, request.params);
      await this.models.setTags(tx, id, request.tags);
      await this.audit.record(tx, actor, {
        action: 'tracking.logged_model.created.v1',
        target: { type: 'logged_model', id },
        covers: [row('tracking.logged_model', id)],
        after: { experiment: experiment.id, name, artifactUri, sourceRun: request.source_run_id },
      });
      return this.found(tx, actor, id);
    };
    // After a lost connection: the id is this call's own, so what has it was made by it.
    const happened = async (tx: Tx): Promise<RegisteredLoggedModel | null> =>
      (await this.models.byId(tx, actor.workspace, id)) === null ? null : this.found(tx, actor, id);
    return this.writes.transaction(actor, { kind: 'new logged model', sourceRunId }, make, happened);
  }

  async get(actor: Actor, id: string): Promise<RegisteredLoggedModel> {
    return this.database.read((tx) => this.found(tx, actor, id));
  }

  async finalize(actor: Actor, id: string, status: LoggedModelStatus): Promise<RegisteredLoggedModel> {
    if (status === 'LOGGED_MODEL_PENDING') {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        "Invalid model status: PENDING. Expected status to be 'READY' or 'UPLOAD_FAILED'.",
      );
    }
    return this.writes.transaction(actor, { kind: 'logged model', id }, async (tx) => {
      const before = await this.locked(tx, actor, id);
      if (before.model.status === status) return this.found(tx, actor, id);
      await this.models.setStatus(tx, id, status, this.clock.now().getTime());
      await this.audit.record(tx, actor, {
        action: 'tracking.logged_model.finalized.v1',
        target: { type: 'logged_model', id },
        covers: [row('tracking.logged_model', id)],
        before: { status: before.model.status },
        after: { status },
      });
      return this.found(tx, actor, id);
    });
  }

  async delete(actor: Actor, id: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'logged model', id }, async (tx) => {
      await this.locked(tx, actor, id);
      await this.models.markDeleted(tx, id, this.clock.now().getTime());
      await this.audit.record(tx, actor, {
        action: 'tracking.logged_model.deleted.v1',
        target: { type: 'logged_model', id },
        covers: [row('tracking.logged_model', id)],
      });
    });
  }

  async setTags(actor: Actor, id: string, tags: readonly KeyValue[]): Promise<RegisteredLoggedModel> {
    return this.writes.transaction(actor, { kind: 'logged model', id }, async (tx) => {
      await this.locked(tx, actor, id);
      await this.models.setTags(tx, id, tags);
      await this.models.touch(tx, id, this.clock.now().getTime());
      return this.found(tx, actor, id);
    });
  }

  async deleteTag(actor: Actor, id: string, key: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'logged model', id }, async (tx) => {
      const before = await this.locked(tx, actor, id);
      if (!before.tags.some((tag) => tag.key === key))
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `No tag with key '${key}' found for model with ID '${id}'.`);
      await this.models.deleteTag(tx, id, key);
      await this.models.touch(tx, id, this.clock.now().getTime());
    });
  }

  async logParams(actor: Actor, id: string, params: readonly KeyValue[]): Promise<void> {
    await this.writes.transaction(actor, { kind: 'logged model', id }, async (tx) => {
      await this.locked(tx, actor, id);
      await this.addParams(tx, id, params);
      await this.models.touch(tx, id, this.clock.now().getTime());
    });
  }

  private async addParams(tx: Tx, id: string, params: readonly KeyValue[]): Promise<void> {
    const conflict = await this.models.addParams(tx, id, params);
    if (conflict !== null)
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Changing param values is not allowed. Param with key='${conflict}' has another value for model ID='${id}'.`,
      );
  }

  private async activeExperiment(tx: Tx, actor: Actor, id: string): Promise<Experiment> {
    const experiment = await this.experiments.byId(tx, actor.workspace, id);
    if (experiment === null) throw experimentNotFound(id);
    requireActiveExperiment(experiment);
    return experiment;
  }

  private async found(tx: Tx, actor: Actor, id: string): Promise<RegisteredLoggedModel> {
    const model = await this.models.byId(tx, actor.workspace, id);
    if (model === null) throw loggedModelNotFound(id);
    const registrations = await this.registrations.ofLoggedModels(tx, [id], hiddenModels(actor));
    return registeredAs(actor, model, registrations.get(id) ?? []);
  }

  private async locked(tx: Tx, actor: Actor, id: string): Promise<LoggedModelDetail> {
    const model = await this.models.lock(tx, actor.workspace, id);
    if (model === null) throw loggedModelNotFound(id);
    return model;
  }
}
