import { Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { RunEntity } from '../runs/run.entity.js';

@Entity({ schema: 'tracking', name: 'param' })
@ForeignKey(() => RunEntity, ['runNumber'], ['number'], { name: 'param_run' })
export class ParamEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'param_pk' })
  runNumber!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'param_pk' })
  key!: string;

  @Column('text')
  value!: string;
}

@Entity({ schema: 'tracking', name: 'run_tag' })
@ForeignKey(() => RunEntity, ['runNumber'], ['number'], { name: 'run_tag_run' })
export class RunTagEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'run_tag_pk' })
  runNumber!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'run_tag_pk' })
  key!: string;

  @Column('text')
  value!: string;
}

@Entity({ schema: 'tracking', name: 'metric_key' })
@Unique('metric_key_name', ['name'])
export class MetricKeyEntity {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'metric_key_pk' })
  id!: string;

  @Column('text')
  name!: string;
}

@Entity({ schema: 'tracking', name: 'metric_point' })
export class MetricPointEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'metric_point_pk' })
  runNumber!: string;

  @PrimaryColumn('bigint', { name: 'key_id', primaryKeyConstraintName: 'metric_point_pk' })
  keyId!: string;

  @PrimaryColumn('bigint', { name: 'timestamp_ms', primaryKeyConstraintName: 'metric_point_pk' })
  timestampMs!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'metric_point_pk' })
  step!: string;

  @PrimaryColumn('double precision', { primaryKeyConstraintName: 'metric_point_pk' })
  value!: number;
}

@Entity({ schema: 'tracking', name: 'metric_latest' })
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
}
