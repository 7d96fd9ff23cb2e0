import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ModelVersionEntity } from '../model-versions/model-version.entity.js';
import { PolicyVersionEntity } from '../policies/policy.entity.js';

/** A guarded pointer that was moved at once, and its review. Only the review and the time of the last alarm are ever updated. */
@Entity({ schema: 'registry', name: 'break_glass' })
@ForeignKey(() => ModelVersionEntity, ['modelId', 'version'], ['modelId', 'version'], { name: 'break_glass_version' })
@Check('break_glass_verdict', `verdict in ('justified', 'unjustified')`)
@Check('break_glass_other_reviewer', `reviewed_by is null or reviewed_by <> broken_by`)
@Check(
  'break_glass_review',
  `(reviewed_by is null) = (reviewed_at is null) and (reviewed_by is null) = (verdict is null) and (reviewed_by is null) = (comment is null) and (reviewed_by is null) = (credential is null)`,
)
@Index('break_glass_by_pointer', ['modelId', 'pointer', 'brokenAt'])
@Index('break_glass_open', { synchronize: false })
export class BreakGlassEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'break_glass_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text', { name: 'model_id' })
  modelId!: string;

  @Column('text')
  pointer!: string;

  @Column('bigint')
  version!: string;

  @Column('bigint', { name: 'from_version', nullable: true })
  fromVersion!: string | null;

  @Column('text')
  reason!: string;

  @Column('text', { name: 'broken_by' })
  brokenBy!: string;

  @Column('timestamptz', { name: 'broken_at' })
  brokenAt!: Date;

  /** Set by the database: when it happened, by its own clock. */
  @Column('timestamptz', { name: 'noted_at' })
  notedAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'review_due_at' })
  reviewDueAt!: Date;

  @Column('timestamptz', { name: 'alarmed_at', nullable: true })
  alarmedAt!: Date | null;

  /** Set by the database: the pointer may move in this transaction. */
  @Column('text', { name: 'applied_tx', nullable: true })
  appliedTx!: string | null;

  @Column('text', { name: 'reviewed_by', nullable: true })
  reviewedBy!: string | null;

  @Column('timestamptz', { name: 'reviewed_at', nullable: true })
  reviewedAt!: Date | null;

  @Column('text', { nullable: true })
  verdict!: string | null;

  @Column('text', { nullable: true })
  comment!: string | null;

  @Column('text', { nullable: true })
  credential!: string | null;
}

/** A policy text whose rule allowed it. */
@Entity({ schema: 'registry', name: 'break_glass_policy' })
export class BreakGlassPolicyEntity {
  @PrimaryColumn('text', { name: 'break_glass_id', primaryKeyConstraintName: 'break_glass_policy_pk' })
  @ForeignKey(() => BreakGlassEntity, { name: 'break_glass_policy_break_glass' })
  breakGlassId!: string;

  @PrimaryColumn('text', { name: 'policy_version_id', primaryKeyConstraintName: 'break_glass_policy_pk' })
  @ForeignKey(() => PolicyVersionEntity, { name: 'break_glass_policy_version' })
  policyVersionId!: string;
}
