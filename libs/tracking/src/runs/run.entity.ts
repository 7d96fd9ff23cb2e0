import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'tracking', name: 'run' })
@Unique('run_by_number', ['number'])
@Check('run_status', `status in ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')`)
@Check('run_stage', `lifecycle_stage in ('active', 'deleted')`)
@Index('run_by_start', { synchronize: false })
@Index('run_of_job', { synchronize: false })
export class RunEntity {
  @PrimaryColumn('text', { name: 'run_id', primaryKeyConstraintName: 'run_pk' })
  runId!: string;

  @Column('bigint')
  number!: string;

  @Column('bigint', { name: 'experiment_id' })
  experimentId!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('text', { name: 'user_id' })
  userId!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  /** The job that made it, if one did. */
  @Column('text', { name: 'job_id', nullable: true })
  jobId!: string | null;

  @Column('text')
  status!: string;

  @Column('bigint', { name: 'start_time_ms' })
  startTimeMs!: string;

  @Column('bigint', { name: 'end_time_ms', nullable: true })
  endTimeMs!: string | null;

  @Column('text', { name: 'artifact_uri' })
  artifactUri!: string;

  @Column('text', { name: 'lifecycle_stage' })
  lifecycleStage!: string;

  /** Changes with everything that the run shows: its own fields and what is logged to it. The database counts it. */
  @Column('bigint', { default: 1 })
  revision!: string;
}
