import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { type CreateExperimentRequest, locationProblem, type SearchExperimentsRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { RunStore } from '../runs/run.store.js';
import { type Experiment, experimentNotFound, type KeyValue, requireActiveExperiment } from './experiment.js';
import { ExperimentStore } from './experiment.store.js';

/** Creates, reads, renames, tags, deletes and restores experiments. Deleting hides an experiment and all its runs; restoring brings all back. */
@Injectable()
export class ExperimentsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly experiments: ExperimentStore,
    private readonly runs: RunStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async create(actor: Actor, request: CreateExperimentRequest): Promise<string> {
    const location = request.artifact_location;
    const problem = location === undefined || location === '' ? null : locationProblem(location);
    if (problem !== null) throw new AppError('INVALID_PARAMETER_VALUE', `Invalid artifact location: ${problem}`);
    if (request.name.trim() === '')
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Invalid experiment name: '${request.name}'. It must not be blank.`,
      );
    let made = '';
    const make = async (tx: Tx): Promise<string> => {
      const id = await this.experiments.nextId(tx);
      made = id;
      const now = this.clock.now().getTime();
      const tags = [...new Map(request.tags.map((tag) => [tag.key, tag])).values()];
      const artifactLocation = location === undefined || location === '' ? `mlflow-artifacts:/${id}` : location;
      const experiment: Experiment = {
        id,
        name: request.name,
        artifactLocation,
        lifecycleStage: 'active',
        createdMs: now,
        updatedMs: now,
        tags,
      };
      if (!(await this.experiments.insert(tx, actor.workspace, experiment))) {
        throw new AppError(
          'RESOURCE_ALREADY_EXISTS',
          `Experiment(name=${request.name}) already exists. Choose another name, or restore the experiment if it was deleted.`,
        );
      }
      await this.audit.record(tx, actor, {
        action: 'tracking.experiment.created.v1',
        target: { type: 'experiment', id },
        covers: [row('tracking.experiment', id), ...tags.map((tag) => row('tracking.experiment_tag', id, tag.key))],
        after: { name: experiment.name, artifactLocation, tags: tags.map(({ key }) => key) },
        personal: Object.fromEntries(tags.map(({ key, value }) => [`tag ${key}`, value])),
      });
      return id;
    };
    // After a lost connection: no other call is given this number, so what has it was made by this one.
    const happened = async (tx: Tx): Promise<string | null> =>
      made !== '' && (await this.experiments.byId(tx, actor.workspace, made)) !== null ? made : null;
    return this.writes.transaction(actor, { kind: 'experiment', id: null }, make, happened);
  }

  async get(actor: Actor, id: string): Promise<Experiment> {
    const experiment = await this.database.read((tx) => this.experiments.byId(tx, actor.workspace, id));
    if (experiment === null) throw experimentNotFound(id);
    return experiment;
  }

  async getByName(actor: Actor, name: string): Promise<Experiment> {
    const experiment = await this.database.read((tx) => this.experiments.byName(tx, actor.workspace, name));
    if (experiment === null)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name}'`);
    return experiment;
  }

  async search(
    actor: Actor,
    request: SearchExperimentsRequest,
  ): Promise<{ experiments: Experiment[]; nextPageToken: string | null }> {
    return this.database.read((tx) =>
      this.experiments.search(tx, actor.workspace, {
        filter: request.filter,
        orderBy: request.order_by,
        viewType: request.view_type,
        size: request.max_results,
        pageToken: request.page_token,
      }),
    );
  }

  async rename(actor: Actor, id: string, name: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'experiment', id }, async (tx) => {
      const before = await this.locked(tx, actor, id);
      requireActiveExperiment(before);
      const holder = await this.experiments.byName(tx, actor.workspace, name);
      if (holder !== null && holder.id !== id)
        throw new AppError('RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.`);
      await this.experiments.update(tx, id, { name, updatedMs: this.clock.now().getTime() });
      await this.audit.record(tx, actor, {
        action: 'tracking.experiment.renamed.v1',
        target: { type: 'experiment', id },
        covers: [row('tracking.experiment', id)],
        before: { name: before.name },
        after: { name },
      });
    });
  }

  async delete(actor: Actor, id: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'experiment', id }, async (tx) => {
      const experiment = await this.locked(tx, actor, id);
      if (experiment.lifecycleStage === 'deleted') throw experimentNotFound(id);
      await this.experiments.update(tx, id, { lifecycleStage: 'deleted', updatedMs: this.clock.now().getTime() });
      await this.audit.record(tx, actor, {
        action: 'tracking.experiment.deleted.v1',
        target: { type: 'experiment', id },
        covers: [row('tracking.experiment', id)],
      });
    });
  }

  async restore(actor: Actor, id: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'experiment', id }, async (tx) => {
      const experiment = await this.locked(tx, actor, id);
      if (experiment.lifecycleStage === 'active') throw experimentNotFound(id);
      await this.experiments.update(tx, id, { lifecycleStage: 'active', updatedMs: this.clock.now().getTime() });
      const revived = await this.runs.restoreAll(tx, id);
      await this.audit.record(tx, actor, {
        action: 'tracking.experiment.restored.v1',
        target: { type: 'experiment', id },
        covers: [row('tracking.experiment', id), ...revived.map((runId) => row('tracking.run', runId))],
        after: { runsRestored: revived.length },
      });
    });
  }

  async setTag(actor: Actor, id: string, tag: KeyValue): Promise<void> {
    await this.writes.transaction(actor, { kind: 'experiment', id }, async (tx) => {
      const experiment = await this.locked(tx, actor, id);
      requireActiveExperiment(experiment);
      const before = experiment.tags.find(({ key }) => key === tag.key);
      if (before?.value === tag.value) return;
      await this.experiments.setTag(tx, id, tag);
      await this.experiments.update(tx, id, { updatedMs: this.clock.now().getTime() });
      await this.audit.record(tx, actor, {
        action: 'tracking.experiment.tagged.v1',
        target: { type: 'experiment', id },
        covers: [row('tracking.experiment', id), row('tracking.experiment_tag', id, tag.key)],
        after: { key: tag.key },
        personal: { value: tag.value, ...(before === undefined ? {} : { before: before.value }) },
      });
    });
  }

  async deleteTag(actor: Actor, id: string, key: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'experiment', id }, async (tx) => {
      const experiment = await this.locked(tx, actor, id);
      requireActiveExperiment(experiment);
      const before = experiment.tags.find((tag) => tag.key === key);
      if (before === undefined)
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key} in experiment with id ${id}`);
      await this.experiments.deleteTag(tx, id, key);
      await this.audit.record(tx, actor, {
        action: 'tracking.experiment.untagged.v1',
        target: { type: 'experiment', id },
        covers: [row('tracking.experiment_tag', id, key)],
        before: { key },
        personal: { before: before.value },
      });
    });
  }

  private async locked(tx: Parameters<ExperimentStore['lock']>[0], actor: Actor, id: string): Promise<Experiment> {
    const experiment = await this.experiments.lock(tx, actor.workspace, id);
    if (experiment === null) throw experimentNotFound(id);
    return experiment;
  }
}
