import { eventCursorEntity } from '@assay/audit-reads';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'registry', name: 'webhook' })
@Index('webhook_by_workspace', { synchronize: false })
@Check('webhook_status', `status in ('ACTIVE', 'DISABLED')`)
export class WebhookEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'webhook_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('text')
  url!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('jsonb')
  events!: string[];

  /** Patterns of the models that it names; null: all. */
  @Column('jsonb', { nullable: true })
  models!: string[] | null;

  @Column('jsonb', { name: 'answers_to' })
  answersTo!: string[];

  @Column('text')
  status!: string;

  /** When it was made, or last switched on: what was recorded before is not its business. */
  @Column('timestamptz', { name: 'listens_from' })
  listensFrom!: Date;

  /** Encrypted; null for a webhook that signs nothing. */
  @Column('bytea', { nullable: true })
  secret!: Buffer | null;

  @Column('bytea', { name: 'previous_secret', nullable: true })
  previousSecret!: Buffer | null;

  @Column('timestamptz', { name: 'previous_until', nullable: true })
  previousUntil!: Date | null;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}

@Entity({ schema: 'registry', name: 'webhook_delivery' })
@Index('webhook_delivery_once', { synchronize: false })
@Index('webhook_delivery_due', { synchronize: false })
@Index('webhook_delivery_ended', { synchronize: false })
@Index('webhook_delivery_by_webhook', ['webhookId', 'id'])
@Check('webhook_delivery_state', `state in ('waiting', 'delivered', 'failed')`)
export class WebhookDeliveryEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'webhook_delivery_pk' })
  id!: string;

  @Column('text', { name: 'webhook_id' })
  @ForeignKey(() => WebhookEntity, { name: 'webhook_delivery_webhook' })
  webhookId!: string;

  @Column('text', { name: 'event_id' })
  eventId!: string;

  /** Counts what one event tells one webhook: an event that moves two aliases is two messages. */
  @Column('bigint')
  part!: string;

  @Column('text')
  event!: string;

  @Column('text')
  body!: string;

  @Column('jsonb', { default: [] })
  models!: string[];

  @Column('text')
  state!: string;

  @Column('bigint')
  attempts!: string;

  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: Date | null;

  @Column('bigint', { name: 'response_status', nullable: true })
  responseStatus!: string | null;

  @Column('text', { name: 'response_body', nullable: true })
  responseBody!: string | null;

  @Column('text', { nullable: true })
  error!: string | null;

  @Column('text', { name: 'replay_of', nullable: true })
  replayOf!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}

/** How far the registry's subscribers have followed the audit log. */
export const RegistryEventCursor = eventCursorEntity('registry');
