import { Check, Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'access', name: 'workspace' })
export class WorkspaceEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'workspace_pk' })
  id!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

@Entity({ schema: 'access', name: 'person' })
@Unique('person_email', ['email'])
@Check('person_password_state', `password_state in ('own', 'first', 'reset')`)
export class PersonEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'person_pk' })
  id!: string;

  @Column('text')
  email!: string;

  @Column('text')
  name!: string;

  /** Null: signs in at a provider only. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  /** `own`, `first` (came with the account) or `reset` (an administrator replaced it). */
  @Column('text', { name: 'password_state', default: 'own' })
  passwordState!: string;

  /** Who last gave the person a password, if somebody else ever did; stays when the owner chooses another. */
  @Column('text', { name: 'password_given_by', nullable: true })
  passwordGivenBy!: string | null;

  @Column('timestamptz', { name: 'password_given_at', nullable: true })
  passwordGivenAt!: Date | null;

  /** Where the account was made: its administrators answer for name, password and access. */
  @Column('text', { name: 'home_workspace', default: 'default' })
  @ForeignKey(() => WorkspaceEntity, { name: 'person_home_workspace' })
  homeWorkspace!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;
}

@Entity({ schema: 'access', name: 'membership' })
@Check('membership_role', `role in ('viewer', 'contributor', 'maintainer', 'approver', 'auditor', 'admin')`)
@Check('membership_source', `source in ('manual', 'oidc')`)
export class MembershipEntity {
  @PrimaryColumn('text', { name: 'person_id', primaryKeyConstraintName: 'membership_pk' })
  @ForeignKey(() => PersonEntity, { name: 'membership_person' })
  personId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'membership_pk' })
  @ForeignKey(() => WorkspaceEntity, { name: 'membership_workspace' })
  workspace!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'membership_pk' })
  role!: string;

  /** Who says so: an administrator, or the claims of the last sign-in. */
  @Column('text', { default: 'manual' })
  source!: string;

  @Column('timestamptz', { name: 'granted_at' })
  grantedAt!: Date;
}
