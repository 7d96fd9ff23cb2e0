import { randomUUID } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { appendToUri, type CreateRunRequest, type RunTag } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { claimCreationKey } from '../creation-keys/creation-key.store.js';
import { experimentNotFound, requireActiveExperiment } from '../experiments/experiment.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { RunTelemetryStore } from '../run-telemetry/run-telemetry.store.js';
import { madeUpName } from './made-up-name.js';
import { type RunDetail, runNameTag, runNotFound } from './run.js';
import { RunStore } from './run.store.js';

/** Starts a run in an active experiment; a run without a name is given one, and its name stands in a tag as well. */
@Injectable()
export class CreateRun {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly experiments: ExperimentStore,
    private readonly runs: RunStore,
    private readonly telemetry: RunTelemetryStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, request: CreateRunRequest, key: string | null): Promise<RunDetail> {
    const id = randomUUID().replaceAll('-', '');
    const name = chooseName(id, request.run_name, request.tags);
    const now = this.clock.now().getTime();
    return this.writes.transaction(actor, { kind: 'new run', key }, async (tx) => {
      const earlier =
        key === null ? null : await claimCreationKey(tx, actor, key, { kind: 'run', id, request, createdMs: now });
      if (earlier !== null) return this.found(tx, actor, earlier);
      const experiment = await this.experiments.byId(tx, actor.workspace, request.experiment_id);
      if (experiment === null) throw experimentNotFound(request.experiment_id);
      requireActiveExperiment(experiment);
      const artifactUri = appendToUri(experiment.artifactLocation, id, 'artifacts');
      const number = await this.runs.insert(tx, actor.workspace, {
        id,
        experimentId: experiment.id,
        name,
        userId: request.user_id,
        createdBy: actor.onBehalfOf ?? actor.id,
        jobId: actor.job?.jobId ?? null,
        status: 'RUNNING',
        startTimeMs: request.start_time ?? now,
        endTimeMs: null,
        artifactUri,
        lifecycleStage: 'active',
      });
      await this.telemetry.setTags(tx, number, [...request.tags, { key: runNameTag, value: name }]);
      await this.audit.record(tx, actor, {
        action: 'tracking.run.created.v1',
        target: { type: 'run', id },
        covers: [row('tracking.run', id)],
        after: { experiment: experiment.id, artifactUri },
        personal: { name, userId: request.user_id },
      });
      return this.found(tx, actor, id);
    });
  }

  private async found(tx: Tx, actor: Actor, id: string): Promise<RunDetail> {
    const detail = await this.runs.detail(tx, actor.workspace, id);
    if (detail === null) throw runNotFound(id);
    return detail;
  }
}

function chooseName(id: string, given: string, tags: readonly RunTag[]): string {
  const tagged = tags.findLast(({ key }) => key === runNameTag)?.value ?? '';
  if (given !== '' && tagged !== '' && given !== tagged) {
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${given}', mlflow.runName='${tagged}').`,
    );
  }
  return given || tagged || madeUpName(id);
}
