import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ModelVersionEntity } from '../model-versions/model-version.entity.js';

/** What the platform's own job measured. Insert only: the service's role has no right to update. */
@Entity({ schema: 'registry', name: 'evaluation' })
@ForeignKey(() => ModelVersionEntity, ['modelId', 'version'], ['modelId', 'version'], { name: 'evaluation_version' })
@Index('evaluation_by_version', ['modelId', 'version', 'datasetDigest', 'createdAt'])
@Index('evaluation_by_run', ['runId'])
@Index('evaluation_by_data', ['datasetDigest', 'id'])
export class EvaluationEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'evaluation_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text', { name: 'model_id' })
  modelId!: string;

  @Column('bigint')
  version!: string;

  @Column('text', { name: 'dataset_name' })
  datasetName!: string;

  @Column('bigint', { name: 'dataset_version' })
  datasetVersion!: string;

  @Column('text', { name: 'dataset_digest' })
  datasetDigest!: string;

  @Column('jsonb')
  facts!: object;

  @Column('text')
  digest!: string;

  @Column('text', { name: 'job_id' })
  jobId!: string;

  @Column('text', { name: 'run_id', nullable: true })
  runId!: string | null;

  @Column('text', { name: 'reported_by' })
  reportedBy!: string;

  @Column('boolean', { name: 'on_training_data' })
  onTrainingData!: boolean;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
