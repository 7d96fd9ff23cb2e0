import { webhookEvents, webhookStatuses } from '@assay/contracts';
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
  createdBy: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
});

const columns = `id, workspace, name, url, description, events, status, secret, created_by as "createdBy", created_at as "createdAt", updated_at as "updatedAt"`;

@Injectable()
export class WebhookStore {
  /** It listens from the transaction's own time on, by the clock that also dates audit records. */
  async insert(tx: Tx, webhook: Omit<WebhookRecord, 'createdAt' | 'updatedAt'>): Promise<WebhookRecord> {
    const rows: unknown[] = await tx.query(
      `insert into registry.webhook (id, workspace, name, url, description, events, status, listens_from, secret, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, now(), $8, $9, now(), now()) returning ${columns}`,
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

  async update(tx: Tx, webhook: WebhookRecord): Promise<WebhookRecord> {
    // TypeORM answers an UPDATE with [rows, count].
    const [rows]: [unknown[], number] = await tx.query(
      `update registry.webhook set name = $2, url = $3, description = $4, events = $5, status = $6, secret = $7, updated_at = now(),
           listens_from = case when status = 'DISABLED' and $6 = 'ACTIVE' then now() else listens_from end
         where id = $1 returning ${columns}`,
      [
        webhook.id,
        webhook.name,
        webhook.url,
        webhook.description,
        JSON.stringify(webhook.events),
        webhook.status,
        webhook.secret,
      ],
    );
    return webhookRow.parse(rows[0]);
  }

  /** The row stays for its deliveries; the secret goes. */
  async markDeleted(tx: Tx, id: string): Promise<void> {
    await tx.query('update registry.webhook set deleted_at = now(), updated_at = now(), secret = null where id = $1', [
      id,
    ]);
  }
}
