import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'tracking', name: 'evaluation_dataset' })
@Index('evaluation_dataset_by_age', ['workspace', 'createdMs'])
export class EvaluationDatasetEntity {
  @PrimaryColumn('text', { name: 'dataset_id', primaryKeyConstraintName: 'evaluation_dataset_pk' })
  datasetId!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  /** Changes with the records. */
  @Column('text')
  digest!: string;

  @Column('jsonb', { nullable: true })
  schema!: unknown;

  @Column('jsonb', { nullable: true })
  profile!: unknown;

  @Column('jsonb')
  tags!: Readonly<Record<string, string>>;

  @Column('jsonb', { name: 'experiment_ids' })
  experimentIds!: readonly string[];

  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('text', { name: 'updated_by', nullable: true })
  updatedBy!: string | null;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  @Column('bigint', { name: 'updated_ms' })
  updatedMs!: string;
}

@Entity({ schema: 'tracking', name: 'evaluation_record' })
@Unique('evaluation_record_input', ['datasetId', 'inputHash'])
export class EvaluationRecordEntity {
  @PrimaryColumn('text', { name: 'record_id', primaryKeyConstraintName: 'evaluation_record_pk' })
  recordId!: string;

  @Column('text', { name: 'dataset_id' })
  @ForeignKey(() => EvaluationDatasetEntity, { name: 'evaluation_record_dataset' })
  datasetId!: string;

  /** Records of the same inputs are one. */
  @Column('text', { name: 'input_hash' })
  inputHash!: string;

  @Column('jsonb')
  inputs!: unknown;

  @Column('jsonb', { nullable: true })
  outputs!: unknown;

  @Column('jsonb', { nullable: true })
  expectations!: unknown;

  @Column('jsonb', { nullable: true })
  tags!: unknown;

  @Column('jsonb', { nullable: true })
  source!: unknown;

  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('text', { name: 'updated_by', nullable: true })
  updatedBy!: string | null;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  @Column('bigint', { name: 'updated_ms' })
  updatedMs!: string;
}
