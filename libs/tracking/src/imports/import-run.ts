import type { Actor, CompleteRunRequest, ImportedOwner, ImportRunRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import { appendToUri } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { type Run, runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { takenHere } from './import-refusals.js';
import { ImportStore, type SourceKey } from './import.store.js';
import { ImportedExperiments } from './imported-experiments.js';

/**
 * Brings a run under its own id, with its user and its times. It is active until it is completed, so that parameters, tags, metrics and files
 * follow through the calls that every client uses; those have one effect by content, so an import that broke off is simply repeated.
 */
@Injectable()
export class ImportRun {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly imports: ImportStore,
    private readonly experiments: ImportedExperiments,
    private readonly runs: RunStore,
    private readonly audit: AuditClient,
  ) {}

  async begin(actor: Actor, request: ImportRunRequest): Promise<ImportedOwner> {
    return this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const source = sourceOf(actor, request);
      const earlier = await this.imports.find(tx, source);
      const run = earlier === null ? null : await this.runs.lock(tx, actor.workspace, request.run_id);
      if (earlier === null || run === null) {
        const artifactUri = await this.make(tx, actor, request);
        await this.imports.remember(tx, source, request.run_id);
        return { artifact_uri: artifactUri, outcome: 'imported' };
      }
      if (earlier.fingerprint === request.fingerprint) return { artifact_uri: run.artifactUri, outcome: 'unchanged' };
      await this.imports.setFingerprint(tx, source, null);
      if (run.lifecycleStage === 'deleted') await this.reopen(tx, actor, request, run);
      return { artifact_uri: run.artifactUri, outcome: earlier.fingerprint === null ? 'imported' : 'changed' };
    });
  }

  /** Gives the run the state that it has at its origin, once everything of it is here. */
  async complete(actor: Actor, request: CompleteRunRequest): Promise<void> {
    await this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const source = sourceOf(actor, request);
      const earlier = await this.imports.find(tx, source);
      const run = earlier === null ? null : await this.runs.lock(tx, actor.workspace, request.run_id);
      if (run === null) throw runNotFound(request.run_id);
      await this.runs.update(tx, run.id, {
        status: request.status,
        endTimeMs: request.end_time ?? null,
        lifecycleStage: request.lifecycle_stage,
      });
      await this.imports.setFingerprint(tx, source, request.fingerprint);
      await this.audit.record(tx, actor, {
        action: 'tracking.run.import_completed.v1',
        target: { type: 'run', id: run.id },
        covers: [row('tracking.run', run.id)],
        after: {
          origin: request.origin,
          status: request.status,
          lifecycleStage: request.lifecycle_stage,
          fingerprint: request.fingerprint,
        },
      });
    });
  }

  private async make(tx: Tx, actor: Actor, request: ImportRunRequest): Promise<string> {
    const { origin, experiment_id: experimentId, run_id: id } = request;
    const experiment = await this.experiments.require(tx, actor.workspace, origin, experimentId);
    if (await this.imports.isTaken(tx, 'run', id)) throw takenHere('run', id, origin);
    const artifactUri = appendToUri(experiment.artifactLocation, id, 'artifacts');
    await this.imports.insertRun(tx, actor.workspace, {
      id,
      experimentId: experiment.id,
      name: request.run_name,
      userId: request.user_id,
      createdBy: actor.onBehalfOf ?? actor.id,
      status: 'RUNNING',
      startTimeMs: request.start_time,
      endTimeMs: null,
      artifactUri,
      lifecycleStage: 'active',
    });
    await this.audit.record(tx, actor, {
      action: 'tracking.run.imported.v1',
      target: { type: 'run', id },
      covers: [row('tracking.run', id)],
      after: { origin, experiment: experiment.id, artifactUri },
      personal: { name: request.run_name, userId: request.user_id },
    });
    return artifactUri;
  }

  /** A deleted run takes no writes: it comes back until it is completed again. */
  private async reopen(tx: Tx, actor: Actor, request: ImportRunRequest, run: Run): Promise<void> {
    await this.runs.update(tx, run.id, { lifecycleStage: 'active' });
    await this.audit.record(tx, actor, {
      action: 'tracking.run.imported.v1',
      target: { type: 'run', id: run.id },
      covers: [row('tracking.run', run.id)],
      before: { lifecycleStage: 'deleted' },
      after: { origin: request.origin, lifecycleStage: 'active' },
    });
  }
}

function sourceOf(actor: Actor, { origin, run_id }: { origin: string; run_id: string }): SourceKey {
  return { workspace: actor.workspace, origin, kind: 'run', sourceId: run_id };
}
