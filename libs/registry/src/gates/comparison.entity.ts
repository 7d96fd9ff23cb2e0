import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What came of comparing two tables of scores. Insert only: the service's role has no right to update. */
@Entity({ schema: 'registry', name: 'comparison' })
export class ComparisonEntity {
  /** Digest of what was compared and how. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'comparison_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('jsonb')
  spec!: object;

  @Column('jsonb')
  result!: object;

  @Column('timestamptz', { name: 'computed_at' })
  computedAt!: Date;
}
