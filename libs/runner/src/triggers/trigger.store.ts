import { z } from 'zod';
import { type CreateTriggerRequest, submitJobRequest, type Trigger, triggerEvents } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { modelsOfSpec } from '../jobs/job-record.js';

const triggerRecord = z.object({
  id: z.string(),
  workspace: z.string(),
  name: z.string(),
  on: z.enum(triggerEvents),
  monitor: z.string().nullable(),
  model: z.string().nullable(),
  job: submitJobRequest,
  createdAt: z.date(),
  createdBy: z.string(),
  createdByKind: z.enum(['person', 'service', 'job', 'local', 'system']),
});

export type TriggerRecord = z.infer<typeof triggerRecord>;

/** Registered models that a trigger is about: whose events it waits for, and on which its jobs work. */
export function modelsOfTrigger({ model, job }: Pick<TriggerRecord, 'model' | 'job'>): string[] {
  return [...(model === null ? [] : [model]), ...modelsOfSpec(job)];
}

const columns = `id, workspace, name, on_event as "on", monitor, model, job, created_at as "createdAt", created_by as "createdBy", created_by_kind as "createdByKind"`;

@Injectable()
export class TriggerStore {
  /** Null when the name is taken. */
  async insert(
    tx: Tx,
    trigger: CreateTriggerRequest & Pick<TriggerRecord, 'id' | 'workspace' | 'createdBy' | 'createdByKind'>,
  ): Promise<TriggerRecord | null> {
    const rows: unknown[] = await tx.query(
      `insert into runner.trigger (id, workspace, name, on_event, monitor, model, job, created_at, created_by, created_by_kind)
       values ($1, $2, $3, $4, $5, $6, $7, now(), $8, $9) on conflict (workspace, name) do nothing returning ${columns}`,
      [
        trigger.id,
        trigger.workspace,
        trigger.name,
        trigger.on,
        trigger.monitor ?? null,
        trigger.model ?? null,
        JSON.stringify(trigger.job),
        trigger.createdBy,
        trigger.createdByKind,
      ],
    );
    return rows.length === 0 ? null : triggerRecord.parse(rows[0]);
  }

  async list(tx: Tx, workspace: string): Promise<TriggerRecord[]> {
    const rows: unknown[] = await tx.query(`select ${columns} from runner.trigger where workspace = $1 order by id`, [
      workspace,
    ]);
    return rows.map((row) => triggerRecord.parse(row));
  }

  async find(tx: Tx, workspace: string, id: string): Promise<TriggerRecord | null> {
    const rows: unknown[] = await tx.query(`select ${columns} from runner.trigger where workspace = $1 and id = $2`, [
      workspace,
      id,
    ]);
    return rows.length === 0 ? null : triggerRecord.parse(rows[0]);
  }

  /** Triggers that wait for an event about this monitor and model. */
  async matching(
    tx: Tx,
    event: { workspace: string; on: string; monitor: string | null; model: string | null },
  ): Promise<TriggerRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from runner.trigger where workspace = $1 and on_event = $2
         and (monitor is null or monitor = $3) and (model is null or model = $4) order by id`,
      [event.workspace, event.on, event.monitor, event.model],
    );
    return rows.map((row) => triggerRecord.parse(row));
  }

  async firings(tx: Tx, triggerIds: readonly string[]): Promise<Map<string, Trigger['firings']>> {
    const rows: { triggerId: string; eventId: string; jobId: string }[] = await tx.query(
      `select t.id as "triggerId", j.event_id as "eventId", j.id as "jobId" from unnest($1::text[]) as t (id)
         cross join lateral (select id, event_id from runner.job where trigger_id = t.id order by id desc limit 50) j order by j.id desc`,
      [triggerIds],
    );
    return Map.groupBy(rows, ({ triggerId }) => triggerId);
  }
}
