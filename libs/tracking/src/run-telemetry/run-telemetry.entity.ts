import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'tracking', name: 'param' })
@Index('param_by_value', { synchronize: false })
export class ParamEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'param_pk' })
  runNumber!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'param_pk' })
  key!: string;

  @Column('text')
  value!: string;

  /** Of its run, so that runs are found by value in one index. */
  @Column('bigint', { name: 'experiment_id' })
  experimentId!: string;
}

@Entity({ schema: 'tracking', name: 'run_tag' })
@Index('run_tag_by_value', { synchronize: false })
export class RunTagEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'run_tag_pk' })
  runNumber!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'run_tag_pk' })
  key!: string;

  @Column('text')
  value!: string;

  /** Of its run, so that runs are found by value in one index. */
  @Column('bigint', { name: 'experiment_id' })
  experimentId!: string;
}

@Entity({ schema: 'tracking', name: 'metric_key' })
@Unique('metric_key_name', ['name'])
export class MetricKeyEntity {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'metric_key_pk' })
  id!: string;

  @Column('text')
  name!: string;
}

/** Packed points: loose ones, as a write brought them, under key 0; folded ones of one metric under its own key. */
@Entity({ schema: 'tracking', name: 'metric_chunk' })
export class MetricChunkEntity {
  @PrimaryColumn('bigint', { name: 'key_id', primaryKeyConstraintName: 'metric_chunk_pk' })
  keyId!: string;

  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'metric_chunk_pk' })
  runNumber!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'metric_chunk_pk' })
  chunk!: string;

  @Column('bigint', { name: 'first_ms' })
  firstMs!: string;

  @Column('bigint', { name: 'last_ms' })
  lastMs!: string;

  @Column('bigint')
  count!: string;

  @Column('bytea')
  points!: Buffer;
}

@Entity({ schema: 'tracking', name: 'metric_latest' })
@Index('metric_latest_by_value', ['experimentId', 'keyId', 'value', 'runNumber'])
export class MetricLatestEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'metric_latest_pk' })
  runNumber!: string;

  @PrimaryColumn('bigint', { name: 'key_id', primaryKeyConstraintName: 'metric_latest_pk' })
  keyId!: string;

  @Column('bigint')
  step!: string;

  @Column('bigint', { name: 'timestamp_ms' })
  timestampMs!: string;

  @Column('double precision')
  value!: number;

  /** Of its run, so that runs are found by value in one index. */
  @Column('bigint', { name: 'experiment_id' })
  experimentId!: string;
}
