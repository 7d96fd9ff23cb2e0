import { Check, Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'tracking', name: 'experiment' })
@Unique('experiment_name', ['workspace', 'name'])
@Check('experiment_stage', `lifecycle_stage in ('active', 'deleted')`)
export class ExperimentEntity {
  @PrimaryColumn('bigint', { name: 'experiment_id', primaryKeyConstraintName: 'experiment_pk' })
  experimentId!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('text', { name: 'artifact_location' })
  artifactLocation!: string;

  @Column('text', { name: 'lifecycle_stage' })
  lifecycleStage!: string;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  @Column('bigint', { name: 'updated_ms' })
  updatedMs!: string;
}

@Entity({ schema: 'tracking', name: 'experiment_tag' })
export class ExperimentTagEntity {
  @PrimaryColumn('bigint', { name: 'experiment_id', primaryKeyConstraintName: 'experiment_tag_pk' })
  @ForeignKey(() => ExperimentEntity, { name: 'experiment_tag_experiment' })
  experimentId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'experiment_tag_pk' })
  key!: string;

  @Column('text')
  value!: string;
}
