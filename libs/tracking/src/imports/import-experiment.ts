import type { Actor, CompleteExperimentRequest, ImportedExperiment, ImportExperimentRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type Experiment, experimentNotFound, type LifecycleStage } from '../experiments/experiment.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { ImportStore, type SourceKey } from './import.store.js';

/** The experiment that every server has from its start. */
const defaultExperiment = '0';

/** Brings an experiment with its times and, where it is free, its id. What came from an origin once is found again there. */
@Injectable()
export class ImportExperiment {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly imports: ImportStore,
    private readonly experiments: ExperimentStore,
    private readonly audit: AuditClient,
  ) {}

  async begin(actor: Actor, request: ImportExperimentRequest): Promise<ImportedExperiment> {
    return this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const source = sourceOf(actor, request);
      const earlier = await this.imports.find(tx, source);
      if (earlier !== null) return this.again(tx, actor, request, earlier.targetId);
      const experiment = await this.make(tx, actor, request);
      await this.imports.remember(tx, source, experiment.id);
      return { experiment_id: experiment.id, name: experiment.name, outcome: 'imported' };
    });
  }

  /** Gives the experiment the stage that it has at its origin, once everything in it is here. */
  async complete(actor: Actor, request: CompleteExperimentRequest): Promise<void> {
    await this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const id = (await this.imports.find(tx, sourceOf(actor, request)))?.targetId;
      const before = id === undefined ? null : await this.experiments.lock(tx, actor.workspace, id);
      if (id === undefined || before === null) throw experimentNotFound(request.experiment_id);
      if (before.lifecycleStage === request.lifecycle_stage) return;
      await this.setStage(tx, actor, request.origin, before, request.lifecycle_stage, request.last_update_time);
    });
  }

  private async again(tx: Tx, actor: Actor, request: ImportExperimentRequest, id: string): Promise<ImportedExperiment> {
    const experiment = await this.experiments.lock(tx, actor.workspace, id);
    if (experiment === null) throw experimentNotFound(id);
    if (experiment.lifecycleStage === 'deleted')
      await this.setStage(tx, actor, request.origin, experiment, 'active', request.last_update_time);
    return { experiment_id: id, name: experiment.name, outcome: 'present' };
  }

  private async make(tx: Tx, actor: Actor, request: ImportExperimentRequest): Promise<Experiment> {
    if (request.experiment_id === defaultExperiment) return this.found(tx, actor, defaultExperiment);
    const taken = await this.imports.isTaken(tx, 'experiment', request.experiment_id);
    const id = taken ? await this.experiments.nextId(tx) : request.experiment_id;
    const inUse = (await this.experiments.byName(tx, actor.workspace, request.name)) !== null;
    const experiment: Experiment = {
      id,
      name: inUse ? `${request.name} (${request.origin})` : request.name,
      artifactLocation: `mlflow-artifacts:/${id}`,
      lifecycleStage: 'active',
      createdMs: request.creation_time,
      updatedMs: request.last_update_time,
      tags: [...new Map(request.tags.map((tag) => [tag.key, tag])).values()],
    };
    if (!(await this.experiments.insert(tx, actor.workspace, experiment))) {
      throw new AppError(
        'RESOURCE_ALREADY_EXISTS',
        `The experiments '${request.name}' and '${experiment.name}' are here already: rename one of them, then import again.`,
      );
    }
    await this.audit.record(tx, actor, {
      action: 'tracking.experiment.imported.v1',
      target: { type: 'experiment', id },
      covers: [
        row('tracking.experiment', id),
        ...experiment.tags.map(({ key }) => row('tracking.experiment_tag', id, key)),
      ],
      after: {
        origin: request.origin,
        originalId: request.experiment_id,
        originalName: request.name,
        name: experiment.name,
        tags: experiment.tags.map(({ key }) => key),
      },
      personal: Object.fromEntries(experiment.tags.map(({ key, value }) => [`tag ${key}`, value])),
    });
    return experiment;
  }

  private async setStage(
    tx: Tx,
    actor: Actor,
    origin: string,
    experiment: Experiment,
    lifecycleStage: LifecycleStage,
    updatedMs: number,
  ): Promise<void> {
    await this.experiments.update(tx, experiment.id, { lifecycleStage, updatedMs });
    await this.audit.record(tx, actor, {
      action: 'tracking.experiment.import_completed.v1',
      target: { type: 'experiment', id: experiment.id },
      covers: [row('tracking.experiment', experiment.id)],
      before: { lifecycleStage: experiment.lifecycleStage },
      after: { origin, lifecycleStage },
    });
  }

  private async found(tx: Tx, actor: Actor, id: string): Promise<Experiment> {
    const experiment = await this.experiments.byId(tx, actor.workspace, id);
    if (experiment === null) throw experimentNotFound(id);
    return experiment;
  }
}

function sourceOf(actor: Actor, { origin, experiment_id }: { origin: string; experiment_id: string }): SourceKey {
  return { workspace: actor.workspace, origin, kind: 'experiment', sourceId: experiment_id };
}
