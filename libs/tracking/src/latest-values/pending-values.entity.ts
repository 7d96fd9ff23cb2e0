import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Latest values that one write brought to one run, on their way to `MetricLatestEntity`. */
@Entity({ schema: 'tracking', name: 'metric_pending' })
export class PendingValuesEntity {
  @PrimaryColumn('bigint', { name: 'experiment_id', primaryKeyConstraintName: 'metric_pending_pk' })
  experimentId!: string;

  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'metric_pending_pk' })
  runNumber!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'metric_pending_pk' })
  id!: string;

  @Column('bigint', { name: 'key_ids', array: true })
  keyIds!: string[];

  @Column('double precision', { array: true })
  values!: number[];

  /** One for each key, or one for all. */
  @Column('bigint', { array: true })
  steps!: string[];

  /** One for each key, or one for all. */
  @Column('bigint', { name: 'timestamps_ms', array: true })
  timestampsMs!: string[];
}
