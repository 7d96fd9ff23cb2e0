import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ExperimentEntity } from '../experiments/experiment.entity.js';

@Entity({ schema: 'tracking', name: 'issue' })
@Check('issue_status', `status in ('pending', 'rejected', 'resolved')`)
@Check('issue_severity', `severity in ('not_an_issue', 'low', 'medium', 'high')`)
@Index('issue_by_experiment', ['experimentId'])
export class IssueEntity {
  @PrimaryColumn('text', { name: 'issue_id', primaryKeyConstraintName: 'issue_pk' })
  issueId!: string;

  @Column('text')
  workspace!: string;

  @Column('bigint', { name: 'experiment_id' })
  @ForeignKey(() => ExperimentEntity, { name: 'issue_experiment' })
  experimentId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column('text')
  status!: string;

  @Column('text', { nullable: true })
  severity!: string | null;

  @Column('text', { name: 'source_run_id', nullable: true })
  sourceRunId!: string | null;

  @Column('jsonb', { name: 'root_causes' })
  rootCauses!: readonly string[];

  @Column('jsonb')
  categories!: readonly string[];

  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  @Column('bigint', { name: 'updated_ms' })
  updatedMs!: string;
}
