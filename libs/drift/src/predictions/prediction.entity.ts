import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** One call that brought predictions. */
@Entity({ schema: 'drift', name: 'prediction_batch' })
export class PredictionBatchEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'prediction_batch_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('bigint')
  rows!: string;

  @Column('bigint')
  duplicates!: string;

  @Column('bigint')
  refused!: string;

  /** SHA-256 of the rows kept. */
  @Column('text')
  digest!: string;

  @Column('text', { name: 'received_by' })
  receivedBy!: string;

  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;
}

@Entity({ schema: 'drift', name: 'prediction' })
@Index('prediction_by_time', ['workspace', 'model', 'predictedAt'])
export class PredictionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'prediction_pk' })
  workspace!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'prediction_pk' })
  model!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'prediction_pk' })
  id!: string;

  @Column('text', { nullable: true })
  version!: string | null;

  @Column('timestamptz', { name: 'predicted_at' })
  predictedAt!: Date;

  @Column('jsonb')
  features!: object;

  @Column('double precision', { nullable: true })
  score!: number | null;

  @Column('text', { nullable: true })
  output!: string | null;

  @Column('jsonb', { nullable: true })
  segments!: object | null;

  @Column('text', { name: 'batch_id' })
  @ForeignKey(() => PredictionBatchEntity, { name: 'prediction_from_batch' })
  batchId!: string;
}
