import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { JobEntity } from '../jobs/job.entity.js';

@Entity({ schema: 'runner', name: 'attempt' })
@Check('attempt_state', `state in ('starting', 'running', 'succeeded', 'failed', 'cancelled', 'lost', 'interrupted')`)
export class AttemptEntity {
  @PrimaryColumn('text', { name: 'job_id', primaryKeyConstraintName: 'attempt_pk' })
  @ForeignKey(() => JobEntity, { name: 'attempt_job' })
  jobId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'attempt_pk' })
  epoch!: string;

  @Column('text')
  state!: string;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('jsonb', { nullable: true })
  machine!: object | null;

  @Column('text', { nullable: true })
  reason!: string | null;
}

/** What a running attempt tells of itself with every sign of life. */
@Entity({ schema: 'runner', name: 'attempt_status' })
@ForeignKey(() => AttemptEntity, ['jobId', 'epoch'], ['jobId', 'epoch'], { name: 'attempt_status_attempt' })
export class AttemptStatusEntity {
  @PrimaryColumn('text', { name: 'job_id', primaryKeyConstraintName: 'attempt_status_pk' })
  jobId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'attempt_status_pk' })
  epoch!: string;

  @Column('timestamptz', { name: 'lease_until' })
  leaseUntil!: Date;

  @Column('jsonb', { nullable: true })
  progress!: object | null;

  @Column('jsonb', { nullable: true })
  backend!: object | null;

  @Column('jsonb', { name: 'data_read' })
  dataRead!: object;

  @Column('text', { name: 'executor_host', nullable: true })
  executorHost!: string | null;

  @Column('bigint', { nullable: true })
  pid!: string | null;

  @Column('text', { name: 'process_start', nullable: true })
  processStart!: string | null;
}
