import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { RegisteredModelEntity } from '../models/registered-model.entity.js';

@Entity({ schema: 'registry', name: 'policy' })
@Unique('policy_name', ['workspace', 'name'])
export class PolicyEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'policy_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** One published text. Never updated: the service's role has no right to. */
@Entity({ schema: 'registry', name: 'policy_version' })
@Unique('policy_version_number', ['policyId', 'version'])
@Unique('policy_version_of_policy', ['id', 'policyId'])
export class PolicyVersionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'policy_version_pk' })
  id!: string;

  @Column('text', { name: 'policy_id' })
  @ForeignKey(() => PolicyEntity, { name: 'policy_version_policy' })
  policyId!: string;

  @Column('bigint')
  version!: string;

  @Column('text')
  digest!: string;

  @Column('text')
  text!: string;

  @Column('jsonb')
  document!: object;

  @Column('jsonb')
  guards!: object;

  @Column('text', { name: 'published_by' })
  publishedBy!: string;

  @Column('timestamptz', { name: 'published_at' })
  publishedAt!: Date;
}

/** A policy version that guards a pointer now: one of each policy. */
@Entity({ schema: 'registry', name: 'pointer_guard' })
@ForeignKey(() => PolicyVersionEntity, ['policyVersionId', 'policyId'], ['id', 'policyId'], {
  name: 'pointer_guard_policy_version',
})
@Index('pointer_guard_by_policy_version', ['policyVersionId'])
export class PointerGuardEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'pointer_guard_pk' })
  @ForeignKey(() => RegisteredModelEntity, { name: 'pointer_guard_model' })
  modelId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'pointer_guard_pk' })
  pointer!: string;

  @PrimaryColumn('text', { name: 'policy_id', primaryKeyConstraintName: 'pointer_guard_pk' })
  policyId!: string;

  @Column('text', { name: 'policy_version_id' })
  policyVersionId!: string;
}
