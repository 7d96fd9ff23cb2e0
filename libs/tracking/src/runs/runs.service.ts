import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import type { Tx } from '@assay/platform/database';
import type { UpdateRunRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { RunTelemetryStore } from '../run-telemetry/run-telemetry.store.js';
import { requireActiveRun, type Run, runNameTag, runNotFound } from './run.js';
import { RunStore } from './run.store.js';

/** Updates, deletes and restores runs. Deleting is soft and may be repeated. */
@Injectable()
export class RunsService {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly runs: RunStore,
    private readonly telemetry: RunTelemetryStore,
    private readonly audit: AuditClient,
  ) {}

  async update(actor: Actor, request: UpdateRunRequest): Promise<Run> {
    return this.writes.transaction(actor, { kind: 'run', id: request.run_id }, async (tx) => {
      const before = await this.locked(tx, actor, request.run_id);
      requireActiveRun(before);
      const name = request.run_name === '' ? undefined : request.run_name;
      const status = request.status ?? before.status;
      const endTimeMs = request.end_time ?? before.endTimeMs;
      if (name !== undefined) {
        await this.runs.rename(tx, before.id, name);
        await this.telemetry.setTags(tx, before.number, [{ key: runNameTag, value: name }]);
      }
      if (status !== before.status || endTimeMs !== before.endTimeMs) {
        await this.runs.update(tx, before.id, { status, endTimeMs });
        const ended = status === 'FINISHED' || status === 'FAILED' || status === 'KILLED';
        await this.audit.record(tx, actor, {
          action: ended ? 'tracking.run.ended.v1' : 'tracking.run.updated.v1',
          target: { type: 'run', id: before.id },
          covers: [row('tracking.run', before.id)],
          before: { status: before.status, endTimeMs: before.endTimeMs },
          after: { status, endTimeMs },
        });
      }
      return { ...before, name: name ?? before.name, status, endTimeMs };
    });
  }

  async delete(actor: Actor, id: string): Promise<void> {
    await this.move(actor, id, 'deleted');
  }

  async restore(actor: Actor, id: string): Promise<void> {
    await this.move(actor, id, 'active');
  }

  private async move(actor: Actor, id: string, stage: 'active' | 'deleted'): Promise<void> {
    await this.writes.transaction(actor, { kind: 'run', id }, async (tx) => {
      const run = await this.locked(tx, actor, id);
      if (run.lifecycleStage === stage) return;
      await this.runs.update(tx, id, { lifecycleStage: stage });
      await this.audit.record(tx, actor, {
        action: stage === 'deleted' ? 'tracking.run.deleted.v1' : 'tracking.run.restored.v1',
        target: { type: 'run', id },
        covers: [row('tracking.run', id)],
      });
    });
  }

  private async locked(tx: Tx, actor: Actor, id: string): Promise<Run> {
    const run = await this.runs.lock(tx, actor.workspace, id);
    if (run === null) throw runNotFound(id);
    return run;
  }
}
