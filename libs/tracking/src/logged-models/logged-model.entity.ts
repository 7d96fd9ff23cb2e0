import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ExperimentEntity } from '../experiments/experiment.entity.js';

@Entity({ schema: 'tracking', name: 'logged_model' })
@Check('logged_model_status', `status in ('LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED')`)
@Check('logged_model_stage', `lifecycle_stage in ('active', 'deleted')`)
@Index('logged_model_by_creation', { synchronize: false })
@Index('logged_model_by_run', ['sourceRunId'])
export class LoggedModelEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'logged_model_pk' })
  modelId!: string;

  @Column('bigint', { name: 'experiment_id' })
  @ForeignKey(() => ExperimentEntity, { name: 'logged_model_experiment' })
  experimentId!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('text', { name: 'model_type', nullable: true })
  modelType!: string | null;

  @Column('text')
  status!: string;

  @Column('text', { name: 'source_run_id', nullable: true })
  sourceRunId!: string | null;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('text', { name: 'artifact_uri' })
  artifactUri!: string;

  @Column('text', { name: 'lifecycle_stage' })
  lifecycleStage!: string;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  @Column('bigint', { name: 'updated_ms' })
  updatedMs!: string;
}

@Entity({ schema: 'tracking', name: 'logged_model_param' })
export class LoggedModelParamEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'logged_model_param_pk' })
  @ForeignKey(() => LoggedModelEntity, { name: 'logged_model_param_model' })
  modelId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'logged_model_param_pk' })
  key!: string;

  @Column('text')
  value!: string;
}

@Entity({ schema: 'tracking', name: 'logged_model_tag' })
export class LoggedModelTagEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'logged_model_tag_pk' })
  @ForeignKey(() => LoggedModelEntity, { name: 'logged_model_tag_model' })
  modelId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'logged_model_tag_pk' })
  key!: string;

  @Column('text')
  value!: string;
}

@Entity({ schema: 'tracking', name: 'logged_model_metric' })
export class LoggedModelMetricEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'logged_model_metric_pk' })
  @ForeignKey(() => LoggedModelEntity, { name: 'logged_model_metric_model' })
  modelId!: string;

  @PrimaryColumn('bigint', { name: 'key_id', primaryKeyConstraintName: 'logged_model_metric_pk' })
  keyId!: string;

  @PrimaryColumn('bigint', { name: 'timestamp_ms', primaryKeyConstraintName: 'logged_model_metric_pk' })
  timestampMs!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'logged_model_metric_pk' })
  step!: string;

  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'logged_model_metric_pk' })
  runNumber!: string;

  @PrimaryColumn('text', { name: 'dataset_name', primaryKeyConstraintName: 'logged_model_metric_pk' })
  datasetName!: string;

  @PrimaryColumn('text', { name: 'dataset_digest', primaryKeyConstraintName: 'logged_model_metric_pk' })
  datasetDigest!: string;

  @Column('double precision')
  value!: number;
}
