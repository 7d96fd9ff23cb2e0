import { ServiceAccountEntity } from '../service-accounts/service-account.entity.js';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { PersonEntity, WorkspaceEntity } from '../people/person.entity.js';

@Entity({ schema: 'access', name: 'api_token' })
@Check('api_token_kind', `kind in ('api', 'session')`)
@Check('api_token_holder', `(person_id is null) <> (service_account_id is null)`)
@Index('api_token_by_person', ['personId', 'createdAt'])
@Index('api_token_by_service_account', { synchronize: false })
export class TokenEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'api_token_pk' })
  id!: string;

  @Column('text', { name: 'person_id', nullable: true })
  @ForeignKey(() => PersonEntity, { name: 'api_token_person' })
  personId!: string | null;

  @Column('text', { name: 'service_account_id', nullable: true })
  @ForeignKey(() => ServiceAccountEntity, { name: 'api_token_service_account' })
  serviceAccountId!: string | null;

  /** What it may do of what its holder may; null: everything. */
  @Column('jsonb', { nullable: true })
  scopes!: readonly string[] | null;

  @Column('text')
  @ForeignKey(() => WorkspaceEntity, { name: 'api_token_workspace' })
  workspace!: string;

  @Column('text')
  kind!: string;

  @Column('text')
  name!: string;

  /** Came of a password that somebody else knows: it decides nothing. */
  @Column('boolean', { default: false })
  provisional!: boolean;

  /** SHA-256 of the secret, in hex. */
  @Column('text', { name: 'secret_sha256' })
  secretSha256!: string;

  /** Who made it: stands behind what a service account does with it. */
  @Column('text', { name: 'issued_by', nullable: true })
  issuedBy!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
