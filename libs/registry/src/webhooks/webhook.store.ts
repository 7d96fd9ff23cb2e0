import { grantedPermissions, webhookEvents, webhookStatuses } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { WebhookRecord } from './webhook.js';

const webhookRow = z.object({
  id: z.string(),
  workspace: z.string(),
  name: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.enum(webhookEvents)),
  status: z.enum(webhookStatuses),
  secret: z.instanceof(Buffer).nullable(),
  previousSecret: z.instanceof(Buffer).nullable(),
  models: z.array(z.string()).nullable(),
  answersTo: z.array(z.string()),
  denials: z.array(
    z.object({ pattern: z.string(), permissions: grantedPermissions, effect: z.enum(['allow', 'deny']) }),
  ),
  createdBy: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
});

const columns = `id, workspace, name, url, description, events, models, status, secret,
  case when previous_until > now() then previous_secret end as "previousSecret", answers_to as "answersTo",
  (select coalesce(jsonb_agg(d.denial), '[]') from jsonb_array_elements_text(answers_to) h (holder),
    jsonb_array_elements(access.denials_of(h.holder, workspace)) d (denial)) as denials,
  created_by as "createdBy", created_at as "createdAt", updated_at as "updatedAt"`;

export type NewWebhook = Omit<WebhookRecord, 'createdAt' | 'updatedAt' | 'denials' | 'previousSecret'>;

@Injectable()
export class WebhookStore {
  /** It listens from the transaction's own time on, by the clock that also dates audit records. */
  async insert(tx: Tx, webhook: NewWebhook): Promise<WebhookRecord> {
    const rows: unknown[] = await tx.query(
      `insert into registry.webhook (id, workspace, name, url, description, events, status, listens_from, secret, created_by, models, answers_to, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, now(), $8, $9, $10, $11, now(), now()) returning ${columns}`,
      [
        webhook.id,
        webhook.workspace,
        webhook.name,
        webhook.url,
        webhook.description,
        JSON.stringify(webhook.events),
        webhook.status,
        webhook.secret,
        webhook.createdBy,
        webhook.models === null ? null : JSON.stringify(webhook.models),
        JSON.stringify(webhook.answersTo),
      ],
    );
    return webhookRow.parse(rows[0]);
  }

  async find(tx: Tx, workspace: string, id: string, lock: '' | 'for update' = ''): Promise<WebhookRecord | null> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from registry.webhook where workspace = $1 and id = $2 and deleted_at is null ${lock}`,
      [workspace, id],
    );
    return rows.length === 0 ? null : webhookRow.parse(rows[0]);
  }

  /** Newest first; only those told of one of `events`, where that is given. Ids grow with time. */
  async list(
    tx: Tx,
    workspace: string,
    page: { limit: number; before: string | null; events?: readonly string[] },
  ): Promise<WebhookRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from registry.webhook where workspace = $1 and deleted_at is null
         and ($2::text is null or id < $2) and ($3::text[] is null or events ?| $3) order by id desc limit $4`,
      [workspace, page.before, page.events ?? null, page.limit],
    );
    return rows.map((row) => webhookRow.parse(row));
  }

  /** Those that are to be told of something that was recorded at a time. */
  async listening(tx: Tx, workspace: string, events: readonly string[], recordedAt: Date): Promise<WebhookRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from registry.webhook where workspace = $1 and deleted_at is null and status = 'ACTIVE'
         and events ?| $2::text[] and listens_from <= $3 order by id`,
      [workspace, events, recordedAt],
    );
    return rows.map((row) => webhookRow.parse(row));
  }

  async byIds(tx: Tx, ids: readonly string[]): Promise<Map<string, WebhookRecord>> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from registry.webhook where id = any($1::text[]) and deleted_at is null`,
      [ids],
    );
    return new Map(rows.map((row) => webhookRow.parse(row)).map((webhook) => [webhook.id, webhook]));
  }

  /** Where the secret is another one, that of before signs as well for a while; not where there is none any more. */
  async update(tx: Tx, webhook: WebhookRecord): Promise<WebhookRecord> {
    // TypeORM answers an UPDATE with [rows, count].
    const [rows]: [unknown[], number] = await tx.query(
      `update registry.webhook set name = $2, url = $3, description = $4, events = $5, status = $6, secret = $7, updated_at = now(),
           listens_from = case when status = 'DISABLED' and $6 = 'ACTIVE' then now() else listens_from end, models = $8, answers_to = $9,
           previous_secret = case when $7::bytea is null then null when $7 is distinct from secret then secret else previous_secret end,
           previous_until = case when $7 is distinct from secret then now() + interval '1 day' else previous_until end
         where id = $1 returning ${columns}`,
      [
        webhook.id,
        webhook.name,
        webhook.url,
        webhook.description,
        JSON.stringify(webhook.events),
        webhook.status,
        webhook.secret,
        webhook.models === null ? null : JSON.stringify(webhook.models),
        JSON.stringify(webhook.answersTo),
      ],
    );
    return webhookRow.parse(rows[0]);
  }

  /** Those that are on, whose deliveries have failed for so many days and fail still, and none came through meanwhile; held until the transaction ends. */
  async lockFailing(tx: Tx, days: number): Promise<WebhookRecord[]> {
    const rows: unknown[] = await tx.query(
      `select ${columns} from registry.webhook w where status = 'ACTIVE' and deleted_at is null
         and exists (select from registry.webhook_delivery d where d.webhook_id = w.id and d.state = 'failed' and d.attempts > 0
           and d.ended_at > w.listens_from and d.ended_at < now() - $1 * interval '1 day'
           and not exists (select from registry.webhook_delivery s where s.webhook_id = w.id and s.state = 'delivered' and s.ended_at > d.ended_at))
         and exists (select from registry.webhook_delivery d where d.webhook_id = w.id and d.state = 'failed' and d.attempts > 0
           and d.ended_at > now() - interval '1 day') order by id limit 100 for update skip locked`,
      [days],
    );
    return rows.map((row) => webhookRow.parse(row));
  }

  async switchOff(tx: Tx, id: string): Promise<void> {
    await tx.query(`update registry.webhook set status = 'DISABLED', updated_at = now() where id = $1`, [id]);
  }

  /** The row stays for its deliveries; the secret goes. */
  async markDeleted(tx: Tx, id: string): Promise<void> {
    await tx.query(
      'update registry.webhook set deleted_at = now(), updated_at = now(), secret = null, previous_secret = null where id = $1',
      [id],
    );
  }
}
