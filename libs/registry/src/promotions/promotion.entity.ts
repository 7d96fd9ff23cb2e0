import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { ModelVersionEntity } from '../model-versions/model-version.entity.js';
import { PolicyVersionEntity } from '../policies/policy.entity.js';

/** A request. What it is bound to stands in no UPDATE grant of the service's role. */
@Entity({ schema: 'registry', name: 'promotion' })
@Check(
  'promotion_state',
  `state in ('open', 'checking', 'awaiting_approval', 'approved', 'applied', 'refused', 'withdrawn', 'expired', 'superseded')`,
)
@Check('promotion_via', `via in ('promotion', 'rollback')`)
@Index('promotion_by_time', ['workspace', 'requestedAt', 'id'])
@Index('promotion_undecided', { synchronize: false })
export class PromotionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'promotion_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  via!: string;

  @Column('text')
  reason!: string;

  @Column('text', { name: 'requested_by' })
  requestedBy!: string;

  @Column('jsonb', { name: 'may_not_approve' })
  mayNotApprove!: object;

  @Column('timestamptz', { name: 'requested_at' })
  requestedAt!: Date;

  /** Set by the database: when the request came, by its own clock. */
  @Column('timestamptz', { name: 'noted_at' })
  notedAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('text')
  state!: string;

  @Column('text')
  binding!: string;

  @Column('jsonb')
  gates!: object;

  @Column('text', { nullable: true })
  outcome!: string | null;

  /** Set by the database: moves and policies of the request are written in this transaction only. */
  @Column('text', { name: 'opened_tx', nullable: true })
  openedTx!: string | null;

  /** Set by the database when the request is applied: its pointers may move in this transaction. */
  @Column('text', { name: 'applied_tx', nullable: true })
  appliedTx!: string | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

/** One pointer that a request wants to move: written with the request, never changed. */
@Entity({ schema: 'registry', name: 'promotion_move' })
@ForeignKey(() => ModelVersionEntity, ['modelId', 'version'], ['modelId', 'version'], {
  name: 'promotion_move_version',
})
@Unique('promotion_move_once', ['promotionId', 'modelId', 'pointer'])
@Index('promotion_move_by_pointer', ['modelId', 'pointer'])
@Check('promotion_move_changes', 'expected_holder is distinct from version')
export class PromotionMoveEntity {
  @PrimaryColumn('text', { name: 'promotion_id', primaryKeyConstraintName: 'promotion_move_pk' })
  @ForeignKey(() => PromotionEntity, { name: 'promotion_move_promotion' })
  promotionId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'promotion_move_pk' })
  position!: string;

  @Column('text', { name: 'model_id' })
  modelId!: string;

  @Column('text')
  pointer!: string;

  @Column('bigint')
  version!: string;

  @Column('bigint', { name: 'expected_holder', nullable: true })
  expectedHolder!: string | null;

  @Column('text', { name: 'manifest_digest' })
  manifestDigest!: string;
}

/** One policy text that a move is bound to: written with the request, never changed. */
@Entity({ schema: 'registry', name: 'promotion_policy' })
@ForeignKey(() => PromotionMoveEntity, ['promotionId', 'position'], ['promotionId', 'position'], {
  name: 'promotion_policy_move',
})
@Index('promotion_policy_by_version', ['policyVersionId'])
export class PromotionPolicyEntity {
  @PrimaryColumn('text', { name: 'promotion_id', primaryKeyConstraintName: 'promotion_policy_pk' })
  promotionId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'promotion_policy_pk' })
  position!: string;

  @PrimaryColumn('text', { name: 'policy_version_id', primaryKeyConstraintName: 'promotion_policy_pk' })
  @ForeignKey(() => PolicyVersionEntity, { name: 'promotion_policy_version' })
  policyVersionId!: string;
}

@Entity({ schema: 'registry', name: 'promotion_decision' })
@Check('promotion_decision_kind', `decision in ('approve', 'refuse')`)
@Index('promotion_decision_once', { synchronize: false })
export class PromotionDecisionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'promotion_decision_pk' })
  id!: string;

  @Column('text', { name: 'promotion_id' })
  @ForeignKey(() => PromotionEntity, { name: 'promotion_decision_promotion' })
  promotionId!: string;

  @Column('text')
  decision!: string;

  @Column('text', { name: 'actor_id' })
  actorId!: string;

  @Column('text')
  role!: string;

  /** Policy version → the role or group under which the decision counts there. */
  @Column('jsonb')
  counts!: object;

  @Column('text')
  comment!: string;

  @Column('text')
  credential!: string;

  @Column('text')
  binding!: string;

  @Column('timestamptz', { name: 'decided_at' })
  decidedAt!: Date;

  @Column('timestamptz', { name: 'voided_at', nullable: true })
  voidedAt!: Date | null;
}
