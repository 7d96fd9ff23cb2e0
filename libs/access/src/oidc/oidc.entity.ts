import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { PersonEntity } from '../people/person.entity.js';

/** Who a person is at a provider: one subject of each. */
@Entity({ schema: 'access', name: 'external_identity' })
@Index('external_identity_by_person', ['personId'])
@Unique('external_identity_subject', ['issuer', 'subject'])
@Unique('external_identity_of_person', ['issuer', 'personId'])
export class ExternalIdentityEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'external_identity_pk' })
  id!: string;

  @Column('text')
  issuer!: string;

  @Column('text')
  subject!: string;

  @Column('text', { name: 'person_id' })
  @ForeignKey(() => PersonEntity, { name: 'external_identity_person' })
  personId!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** A sign-in that has gone to the provider and not come back. */
@Entity({ schema: 'access', name: 'oidc_attempt' })
@Check('oidc_attempt_purpose', `purpose in ('session', 'proof')`)
@Index('oidc_attempt_by_expiry', ['expiresAt'])
export class OidcAttemptEntity {
  @PrimaryColumn('text', { name: 'state_sha256', primaryKeyConstraintName: 'oidc_attempt_pk' })
  stateSha256!: string;

  @Column('text', { name: 'browser_sha256' })
  browserSha256!: string;

  @Column('text')
  nonce!: string;

  @Column('text', { name: 'code_verifier' })
  codeVerifier!: string;

  @Column('text')
  purpose!: string;

  @Column('text', { name: 'loopback_uri', nullable: true })
  loopbackUri!: string | null;

  @Column('text', { name: 'loopback_challenge', nullable: true })
  loopbackChallenge!: string | null;

  @Column('text', { name: 'loopback_state', nullable: true })
  loopbackState!: string | null;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}

/** What a command line redeems, with its own PKCE verifier, for a session or a proof. */
@Entity({ schema: 'access', name: 'oidc_code' })
@Check('oidc_code_purpose', `purpose in ('session', 'proof')`)
@Index('oidc_code_by_expiry', ['expiresAt'])
export class OidcCodeEntity {
  @PrimaryColumn('text', { name: 'code_sha256', primaryKeyConstraintName: 'oidc_code_pk' })
  codeSha256!: string;

  @Column('text')
  purpose!: string;

  @Column('text', { name: 'person_id' })
  personId!: string;

  @Column('text')
  challenge!: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}

/** One signature that a fresh sign-in is good for. */
@Entity({ schema: 'access', name: 'signing_proof' })
@Index('signing_proof_by_expiry', ['expiresAt'])
export class SigningProofEntity {
  @PrimaryColumn('text', { name: 'secret_sha256', primaryKeyConstraintName: 'signing_proof_pk' })
  secretSha256!: string;

  @Column('text', { name: 'person_id' })
  personId!: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
