import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A hold: set standing, lifted once, never deleted. */
@Entity({ schema: 'registry', name: 'legal_hold' })
@Check('legal_hold_kind', `kind in ('model', 'run', 'dataset', 'evaluation-dataset')`)
@Check('legal_hold_lifted', '(lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null)')
@Check('legal_hold_four_eyes', 'lifted_by <> set_by')
@Index('legal_hold_by_workspace', ['workspace', 'id'])
@Index('legal_hold_standing', { synchronize: false })
export class LegalHoldEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'legal_hold_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  kind!: string;

  @Column('text', { name: 'subject_id' })
  subjectId!: string;

  /** As it was called when the hold was set. */
  @Column('text', { name: 'subject_name' })
  subjectName!: string;

  @Column('text')
  reason!: string;

  @Column('text', { name: 'set_by' })
  setBy!: string;

  @Column('timestamptz', { name: 'set_at' })
  setAt!: Date;

  @Column('text', { name: 'lifted_by', nullable: true })
  liftedBy!: string | null;

  @Column('timestamptz', { name: 'lifted_at', nullable: true })
  liftedAt!: Date | null;

  @Column('text', { name: 'lift_reason', nullable: true })
  liftReason!: string | null;
}
