import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { ExperimentEntity } from '../experiments/experiment.entity.js';
import { LoggedModelEntity } from '../logged-models/logged-model.entity.js';
import { RunEntity } from '../runs/run.entity.js';

@Entity({ schema: 'tracking', name: 'dataset' })
@Unique('dataset_digest', ['experimentId', 'name', 'digest'])
export class DatasetEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'dataset_pk' })
  id!: string;

  @Column('bigint', { name: 'experiment_id' })
  @ForeignKey(() => ExperimentEntity, { name: 'dataset_experiment' })
  experimentId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  digest!: string;

  @Column('text', { name: 'source_type' })
  sourceType!: string;

  @Column('text')
  source!: string;

  @Column('text', { nullable: true })
  schema!: string | null;

  @Column('text', { nullable: true })
  profile!: string | null;
}

@Entity({ schema: 'tracking', name: 'run_dataset' })
@ForeignKey(() => RunEntity, ['runNumber'], ['number'], { name: 'run_dataset_run' })
@Index('run_dataset_by_dataset', ['datasetId'])
export class RunDatasetEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'run_dataset_pk' })
  runNumber!: string;

  @PrimaryColumn('text', { name: 'dataset_id', primaryKeyConstraintName: 'run_dataset_pk' })
  @ForeignKey(() => DatasetEntity, { name: 'run_dataset_dataset' })
  datasetId!: string;

  @Column('jsonb')
  tags!: object;
}

@Entity({ schema: 'tracking', name: 'run_model' })
@ForeignKey(() => RunEntity, ['runNumber'], ['number'], { name: 'run_model_run' })
@Check('run_model_direction', `direction in ('input', 'output')`)
export class RunModelEntity {
  @PrimaryColumn('bigint', { name: 'run_number', primaryKeyConstraintName: 'run_model_pk' })
  runNumber!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'run_model_pk' })
  direction!: string;

  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'run_model_pk' })
  @ForeignKey(() => LoggedModelEntity, { name: 'run_model_model' })
  modelId!: string;

  @Column('bigint')
  step!: string;
}
