import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, telemetry } from '../declare.js';

/**
 * Webhooks, the log of their deliveries, and how far the registry has followed the audit log. A webhook is governed: who sends what where is
 * recorded. The delivery log is telemetry: it repeats what the audit log says, and its ended rows go after a while.
 */
export class CreateWebhooks1795300350000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table registry.webhook (
         id text not null, workspace text not null, name text not null, url text not null, description text, events jsonb not null,
         status text not null, listens_from timestamptz not null, secret bytea, created_by text not null,
         created_at timestamptz not null, updated_at timestamptz not null, deleted_at timestamptz,
         constraint webhook_pk primary key (id),
         constraint webhook_status check (status in ('ACTIVE', 'DISABLED')))`,
      'create index webhook_by_workspace on registry.webhook (workspace, id) where deleted_at is null',
      // One column is both schedule and lease: whoever takes a delivery moves its next attempt past the longest time that one may take.
      `create table registry.webhook_delivery (
         id text not null, webhook_id text not null, event_id text not null, part bigint not null, event text not null, body text not null,
         state text not null, attempts bigint not null, next_attempt_at timestamptz, response_status bigint, response_body text, error text,
         replay_of text, created_at timestamptz not null, ended_at timestamptz,
         constraint webhook_delivery_pk primary key (id),
         constraint webhook_delivery_webhook foreign key (webhook_id) references registry.webhook (id),
         constraint webhook_delivery_state check (state in ('waiting', 'delivered', 'failed')))`,
      // An event reaches a webhook once, however often the log is read again; a replay is a delivery of its own.
      `create unique index webhook_delivery_once on registry.webhook_delivery (webhook_id, event_id, part) where replay_of is null`,
      `create index webhook_delivery_due on registry.webhook_delivery (webhook_id, next_attempt_at) where state = 'waiting'`,
      'create index webhook_delivery_ended on registry.webhook_delivery (ended_at) where ended_at is not null',
      'create index webhook_delivery_by_webhook on registry.webhook_delivery (webhook_id, id)',
      `create table registry.event_cursor (
         subscription text not null, next_index bigint not null, constraint event_cursor_pk primary key (subscription))`,
      // No webhook is older than this: what the log holds already is nobody's business.
      `insert into registry.event_cursor (subscription, next_index) select 'webhooks', coalesce(max(index) + 1, 0) from audit.leaf`,
      'grant select, insert on registry.webhook to registry_svc',
      'grant update (name, url, description, events, status, listens_from, secret, updated_at, deleted_at) on registry.webhook to registry_svc',
      'grant select, insert, update, delete on registry.webhook_delivery to registry_svc',
      'grant select, insert, update on registry.event_cursor to registry_svc',
      ...governed('registry.webhook', { key: ['id'] }),
      ...telemetry('registry.webhook_delivery'),
      ...telemetry('registry.event_cursor'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['event_cursor', 'webhook_delivery', 'webhook']) {
      await runner.query(`delete from audit.declared_table where name = 'registry.${table}'`);
      await runner.query(`drop table registry.${table}`);
    }
  }
}
