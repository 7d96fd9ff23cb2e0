import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { ExperimentEntity } from '../experiments/experiment.entity.js';

@Entity({ schema: 'tracking', name: 'scorer_version' })
export class ScorerVersionEntity {
  @PrimaryColumn('bigint', { name: 'experiment_id', primaryKeyConstraintName: 'scorer_version_pk' })
  @ForeignKey(() => ExperimentEntity, { name: 'scorer_version_experiment' })
  experimentId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'scorer_version_pk' })
  name!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'scorer_version_pk' })
  version!: string;

  @Column('text', { name: 'scorer_id' })
  scorerId!: string;

  @Column('text')
  serialized!: string;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;
}
