import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { PolicyEntity, PolicyVersionEntity } from './policy.entity.js';

/** A change of a policy that guards something. What it would put in place stands in no UPDATE grant of the service's role. */
@Entity({ schema: 'registry', name: 'policy_proposal' })
@Check('policy_proposal_state', `state in ('open', 'accepted', 'refused', 'withdrawn', 'superseded')`)
@Index('policy_proposal_open', { synchronize: false })
@Index('policy_proposal_by_policy', ['policyId', 'proposedAt'])
export class PolicyProposalEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'policy_proposal_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text', { name: 'policy_id' })
  @ForeignKey(() => PolicyEntity, { name: 'policy_proposal_policy' })
  policyId!: string;

  @Column('text', { name: 'base_version_id' })
  @ForeignKey(() => PolicyVersionEntity, { name: 'policy_proposal_base_version' })
  baseVersionId!: string;

  @Column('text')
  text!: string;

  @Column('text')
  digest!: string;

  @Column('jsonb')
  document!: object;

  @Column('jsonb')
  guards!: object;

  @Column('jsonb')
  drops!: object;

  @Column('text')
  binding!: string;

  @Column('text')
  reason!: string;

  @Column('text', { name: 'proposed_by' })
  proposedBy!: string;

  @Column('timestamptz', { name: 'proposed_at' })
  proposedAt!: Date;

  /** Set by the database: when it came, by its own clock. */
  @Column('timestamptz', { name: 'noted_at' })
  notedAt!: Date;

  @Column('text')
  state!: string;

  @Column('bigint', { nullable: true })
  version!: string | null;

  /** Set by the database when the proposal is accepted: its text may be published in this transaction. */
  @Column('text', { name: 'accepted_tx', nullable: true })
  acceptedTx!: string | null;

  @Column('text', { nullable: true })
  outcome!: string | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

@Entity({ schema: 'registry', name: 'policy_proposal_decision' })
@Check('policy_proposal_decision_kind', `decision in ('accept', 'refuse')`)
@Unique('policy_proposal_decision_once', ['proposalId', 'actorId'])
export class PolicyProposalDecisionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'policy_proposal_decision_pk' })
  id!: string;

  @Column('text', { name: 'proposal_id' })
  @ForeignKey(() => PolicyProposalEntity, { name: 'policy_proposal_decision_proposal' })
  proposalId!: string;

  @Column('text')
  decision!: string;

  @Column('text', { name: 'actor_id' })
  actorId!: string;

  @Column('text')
  approver!: string;

  @Column('text')
  comment!: string;

  @Column('text')
  credential!: string;

  @Column('timestamptz', { name: 'decided_at' })
  decidedAt!: Date;
}
