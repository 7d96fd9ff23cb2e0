import type { Actor } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { LogBatchRequest, MetricInput, Param, RunTag } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { loggedModelNotFound } from '../logged-models/logged-model.js';
import { LoggedModelStore } from '../logged-models/logged-model.store.js';
import { requireActiveRun, type Run, runNameTag, runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { RunTelemetryStore } from './run-telemetry.store.js';

/** Logs parameters, metric points and tags to a run: all of them or none. Repeating a batch changes nothing. */
@Injectable()
export class LogBatch {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly runs: RunStore,
    private readonly telemetry: RunTelemetryStore,
    private readonly loggedModels: LoggedModelStore,
  ) {}

  async execute(actor: Actor, batch: LogBatchRequest): Promise<void> {
    const loggedModelIds = batch.metrics.flatMap(({ model_id }) => (model_id === undefined ? [] : [model_id]));
    await this.writes.transaction(actor, { kind: 'run', id: batch.run_id, loggedModelIds }, async (tx) => {
      const run = await this.runs.byId(tx, actor.workspace, batch.run_id);
      if (run === null) throw runNotFound(batch.run_id);
      requireActiveRun(run);
      await this.logParams(tx, run, batch.params);
      await this.logMetrics(tx, actor, run, batch.metrics);
      await this.setTags(tx, run, batch.tags);
    });
  }

  private async logParams(tx: Tx, run: Run, params: readonly Param[]): Promise<void> {
    const conflict = await this.telemetry.addParams(tx, run.number, params);
    if (conflict === null) return;
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Changing param values is not allowed. Param with key='${conflict.key}' was already logged with value='${conflict.stored}' for run ID='${run.id}'. Attempted logging new value '${conflict.given}'.`,
    );
  }

  private async logMetrics(tx: Tx, actor: Actor, run: Run, metrics: readonly MetricInput[]): Promise<void> {
    if (metrics.length === 0) return;
    const keyIds = await this.telemetry.metricKeyIds(
      tx,
      metrics.map(({ key }) => key),
    );
    const ofModels = metrics.flatMap((metric) =>
      metric.model_id === undefined ? [] : [{ ...metric, model_id: metric.model_id }],
    );
    const unknown = await this.loggedModels.firstUnknown(
      tx,
      actor.workspace,
      ofModels.map((metric) => metric.model_id),
    );
    if (unknown !== null) throw loggedModelNotFound(unknown);
    await this.telemetry.addMetrics(tx, run.number, metrics, keyIds);
    await this.loggedModels.addMetrics(tx, run.number, ofModels, keyIds);
  }

  private async setTags(tx: Tx, run: Run, tags: readonly RunTag[]): Promise<void> {
    await this.telemetry.setTags(tx, run.number, tags);
    const name = tags.findLast(({ key }) => key === runNameTag)?.value;
    if (name !== undefined && name !== '') await this.runs.rename(tx, run.id, name);
  }
}
