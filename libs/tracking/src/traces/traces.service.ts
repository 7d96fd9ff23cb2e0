import { createHash } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { AppError } from '@assay/platform/http';
import { type DeleteTracesRequest, limits } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { serverTags, traceNotFound } from './trace.js';
import { TraceStore } from './trace.store.js';

/** Most traces that one transaction deletes. */
const deletedAtOnce = 5_000;

/** Tags, links and deletion of traces. */
@Injectable()
export class TracesService {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly traces: TraceStore,
    private readonly runs: RunStore,
    private readonly audit: AuditClient,
  ) {}

  async setTag(actor: Actor, id: string, key: string, value: string): Promise<void> {
    requireOwnTag(key, 'set');
    await this.writes.transaction(actor, { kind: 'trace', ids: [id], runId: null }, async (tx) => {
      if (!(await this.traces.setTag(tx, actor.workspace, id, key, value))) throw traceNotFound(id);
    });
  }

  async deleteTag(actor: Actor, id: string, key: string): Promise<void> {
    requireOwnTag(key, 'deleted');
    await this.writes.transaction(actor, { kind: 'trace', ids: [id], runId: null }, async (tx) => {
      if (await this.traces.deleteTag(tx, actor.workspace, id, key)) return;
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `No trace tag with key '${key}' for trace with ID '${id}'`);
    });
  }

  /** Links traces to a run; ones that are unknown are left out. */
  async linkToRun(actor: Actor, ids: readonly string[], runId: string): Promise<void> {
    if (ids.length > limits.linkedTraces)
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Cannot link more than ${limits.linkedTraces} traces to a run in a single request. Provided ${ids.length} traces.`,
      );
    await this.writes.transaction(actor, { kind: 'trace', ids, runId }, async (tx) => {
      if ((await this.runs.byId(tx, actor.workspace, runId)) === null) throw runNotFound(runId);
      await this.traces.link(tx, actor.workspace, ids, 'run', [runId]);
    });
  }

  async linkPrompts(actor: Actor, id: string, prompts: readonly { name: string; version: string }[]): Promise<void> {
    await this.writes.transaction(actor, { kind: 'trace', ids: [id], runId: null }, async (tx) => {
      if ((await this.traces.lock(tx, actor.workspace, id)) === null) throw traceNotFound(id);
      const targets = prompts.map(({ name, version }) => `${name}/${version}`);
      await this.traces.link(tx, actor.workspace, [id], 'prompt', [...new Set(targets)]);
    });
  }

  /** Deletes traces by time or by id, a bounded number per transaction, each with a record of which they were. */
  async delete(actor: Actor, request: DeleteTracesRequest): Promise<number> {
    requireSelection(request);
    let left = request.max_traces ?? Number.POSITIVE_INFINITY;
    let deleted = 0;
    for (;;) {
      const ids = await this.deleteSome(actor, request, Math.min(left, deletedAtOnce));
      deleted += ids;
      left -= ids;
      if (ids < deletedAtOnce || left <= 0) return deleted;
    }
  }

  private async deleteSome(actor: Actor, request: DeleteTracesRequest, most: number): Promise<number> {
    return this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const ids = await this.traces.delete(tx, actor.workspace, {
        experimentId: request.experiment_id,
        untilMs: request.max_timestamp_millis ?? null,
        ids: request.request_ids.length > 0 ? request.request_ids : null,
        most,
      });
      if (ids.length === 0) return 0;
      await this.audit.record(tx, actor, {
        action: 'tracking.traces.deleted.v1',
        target: { type: 'experiment', id: request.experiment_id },
        covers: [],
        before: {
          count: ids.length,
          sha256: createHash('sha256').update(ids.toSorted().join('\n')).digest('hex'),
          ...(ids.length <= 100 ? { ids } : {}),
        },
      });
      return ids.length;
    });
  }
}

function requireOwnTag(key: string, done: 'set' | 'deleted'): void {
  if (!serverTags.includes(key)) return;
  throw new AppError('INVALID_PARAMETER_VALUE', `Tag '${key}' is immutable and cannot be ${done} on a trace.`);
}

function requireSelection({
  max_timestamp_millis: until,
  max_traces: most,
  request_ids: ids,
}: DeleteTracesRequest): void {
  const problem =
    until === undefined && ids.length === 0
      ? 'Either `max_timestamp_millis` or `trace_ids` must be specified.'
      : until !== undefined && ids.length > 0
        ? 'Only one of `max_timestamp_millis` and `trace_ids` can be specified.'
        : most !== undefined && ids.length > 0
          ? "`max_traces` can't be specified if `trace_ids` is specified."
          : most !== undefined && most <= 0
            ? `\`max_traces\` must be a positive integer, received ${most}.`
            : null;
  if (problem !== null) throw new AppError('INVALID_PARAMETER_VALUE', problem);
}
