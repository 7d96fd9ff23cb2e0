import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { TriggerEntity } from '../triggers/trigger.entity.js';

@Entity({ schema: 'runner', name: 'job' })
@Unique('job_once_per_event', ['triggerId', 'eventId'])
@Index('job_by_workspace', ['workspace', 'id'])
@Index('job_unfinished', { synchronize: false })
@Index('job_check_by_script', { synchronize: false })
@Index('job_by_event', { synchronize: false })
@Index('job_by_dataset', { synchronize: false })
@Index('job_by_model', { synchronize: false })
@Index('job_by_comparedwith', { synchronize: false })
@Check('job_state', `state in ('queued', 'admitted', 'starting', 'running', 'succeeded', 'failed', 'cancelled')`)
export class JobEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'job_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  recipe!: string;

  @Column('jsonb')
  spec!: object;

  @Column('text', { name: 'spec_digest' })
  specDigest!: string;

  @Column('bigint')
  seed!: string;

  @Column('text')
  queue!: string;

  @Column('bigint')
  priority!: string;

  @Column('bigint', { name: 'max_attempts' })
  maxAttempts!: string;

  @Column('text')
  state!: string;

  @Column('bigint')
  epoch!: string;

  @Column('text', { name: 'run_id', nullable: true })
  runId!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('text', { name: 'created_by_kind' })
  createdByKind!: string;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('timestamptz', { name: 'cancel_requested_at', nullable: true })
  cancelRequestedAt!: Date | null;

  @Column('jsonb', { nullable: true })
  result!: object | null;

  @Column('text', { nullable: true })
  error!: string | null;

  @Column('text', { name: 'trigger_id', nullable: true })
  @ForeignKey(() => TriggerEntity, { name: 'job_trigger' })
  triggerId!: string | null;

  @Column('text', { name: 'event_id', nullable: true })
  eventId!: string | null;
}
