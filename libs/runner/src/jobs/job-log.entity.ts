import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { JobEntity } from './job.entity.js';

@Entity({ schema: 'runner', name: 'job_log' })
export class JobLogEntity {
  @PrimaryColumn('text', { name: 'job_id', primaryKeyConstraintName: 'job_log_pk' })
  @ForeignKey(() => JobEntity, { name: 'job_log_job' })
  jobId!: string;

  /** Grows within the job: attempt number × 10⁹ + line number within the attempt. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'job_log_pk' })
  position!: string;

  @Column('bigint')
  epoch!: string;

  @Column('timestamptz')
  at!: Date;

  @Column('text')
  level!: string;

  @Column('text')
  text!: string;
}
