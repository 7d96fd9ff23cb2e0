import { randomUUID } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { DeleteScorerRequest, RegisterScorerRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { experimentNotFound, requireActiveExperiment } from '../experiments/experiment.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { ScorerStore, type ScorerVersion } from './scorer.store.js';

/** Keeps scorers of experiments by version. Nothing here runs them: clients do. */
@Injectable()
export class ScorersService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly scorers: ScorerStore,
    private readonly experiments: ExperimentStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async register(actor: Actor, request: RegisterScorerRequest): Promise<ScorerVersion> {
    return this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      // Whoever registers in the same experiment waits here, so that no two take the same number.
      const experiment = await this.experiments.lock(tx, actor.workspace, request.experiment_id);
      if (experiment === null) throw experimentNotFound(request.experiment_id);
      requireActiveExperiment(experiment);
      const newest = (await this.scorers.versions(tx, actor.workspace, experiment.id, request.name)).at(-1);
      const made: ScorerVersion = {
        experimentId: experiment.id,
        name: request.name,
        version: (newest?.version ?? 0) + 1,
        scorerId: newest?.scorerId ?? randomUUID(),
        serialized: request.serialized_scorer,
        createdMs: this.clock.now().getTime(),
      };
      await this.scorers.insert(tx, made);
      await this.audit.record(tx, actor, {
        action: 'tracking.scorer.registered.v1',
        target: { type: 'scorer', id: made.scorerId, version: String(made.version) },
        covers: [rowOf(made)],
        after: { experiment: made.experimentId, name: made.name },
      });
      return made;
    });
  }

  async newest(actor: Actor, experimentIds: readonly string[]): Promise<ScorerVersion[]> {
    return this.database.read((tx) => this.scorers.newest(tx, actor.workspace, [...new Set(experimentIds)]));
  }

  async versions(actor: Actor, experimentId: string, name: string): Promise<ScorerVersion[]> {
    const found = await this.database.read((tx) => this.scorers.versions(tx, actor.workspace, experimentId, name));
    if (found.length === 0) throw scorerNotFound(experimentId, name);
    return found;
  }

  async get(actor: Actor, experimentId: string, name: string, version: number | undefined): Promise<ScorerVersion> {
    const found = await this.versions(actor, experimentId, name);
    const one = version === undefined ? found.at(-1) : found.find((each) => each.version === version);
    if (one === undefined) throw scorerNotFound(experimentId, name, version);
    return one;
  }

  /** Deletes one version, or all. */
  async delete(actor: Actor, { experiment_id: experimentId, name, version }: DeleteScorerRequest): Promise<void> {
    await this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const all = await this.scorers.versions(tx, actor.workspace, experimentId, name);
      const meant = version === undefined ? all : all.filter((each) => each.version === version);
      const [first] = meant;
      if (first === undefined) throw scorerNotFound(experimentId, name, version);
      for (const each of meant) await this.scorers.delete(tx, each);
      await this.audit.record(tx, actor, {
        action: 'tracking.scorer.deleted.v1',
        target: { type: 'scorer', id: first.scorerId },
        covers: meant.map(rowOf),
        before: { experiment: experimentId, name, versions: meant.map((each) => each.version) },
      });
    });
  }
}

function rowOf({ experimentId, name, version }: ScorerVersion): ReturnType<typeof row> {
  return row('tracking.scorer_version', experimentId, name, String(version));
}

function scorerNotFound(experimentId: string, name: string, version?: number): AppError {
  const which = version === undefined ? '' : ` and version ${version}`;
  return new AppError(
    'RESOURCE_DOES_NOT_EXIST',
    `Scorer with name '${name}'${which} not found for experiment ${experimentId}.`,
  );
}
