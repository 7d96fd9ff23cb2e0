import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tracking', name: 'imported' })
@Check('imported_kind', `kind in ('experiment', 'run', 'logged_model')`)
export class ImportedEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'imported_pk' })
  workspace!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'imported_pk' })
  origin!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'imported_pk' })
  kind!: string;

  @PrimaryColumn('text', { name: 'source_id', primaryKeyConstraintName: 'imported_pk' })
  sourceId!: string;

  @Column('text', { name: 'target_id' })
  targetId!: string;

  /** Null until all of it was here. */
  @Column('text', { nullable: true })
  fingerprint!: string | null;
}
