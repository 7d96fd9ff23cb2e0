import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, telemetry } from '../declare.js';

/** People who sign in at a provider of their company: who they are there, the sign-ins under way, and proofs of a fresh one. */
export class AddOpenidConnect1795300112000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `delete from audit.declared_table where name in ('access.external_identity', 'access.oidc_attempt', 'access.oidc_code', 'access.signing_proof')`,
    );
    await runner.query(
      'drop table access.external_identity, access.oidc_attempt, access.oidc_code, access.signing_proof',
    );
    await runner.query('alter table access.membership drop constraint membership_source, drop column source');
    await runner.query(`update access.person set password_hash = '' where password_hash is null`);
    await runner.query('alter table access.person alter column password_hash set not null');
  }
}

const statements = [
  'alter table access.person alter column password_hash drop not null',
  `alter table access.membership add column source text not null default 'manual',
     add constraint membership_source check (source in ('manual', 'oidc'))`,
  `create table access.external_identity (
     issuer text not null, subject text not null, person_id text not null, created_at timestamptz not null,
     constraint external_identity_pk primary key (issuer, subject),
     constraint external_identity_person foreign key (person_id) references access.person (id))`,
  'create index external_identity_by_person on access.external_identity (person_id)',
  ...governed('access.external_identity', { key: ['issuer', 'subject'] }),
  // Of what a browser or a command line holds, only digests are kept.
  `create table access.oidc_attempt (
     state_sha256 text not null, browser_sha256 text not null, nonce text not null, code_verifier text not null, purpose text not null,
     loopback_uri text, loopback_challenge text, loopback_state text, started_at timestamptz not null, expires_at timestamptz not null,
     constraint oidc_attempt_pk primary key (state_sha256),
     constraint oidc_attempt_purpose check (purpose in ('session', 'proof')))`,
  'create index oidc_attempt_by_expiry on access.oidc_attempt (expires_at)',
  `create table access.oidc_code (
     code_sha256 text not null, purpose text not null, person_id text not null, challenge text not null, expires_at timestamptz not null,
     constraint oidc_code_pk primary key (code_sha256),
     constraint oidc_code_purpose check (purpose in ('session', 'proof')))`,
  'create index oidc_code_by_expiry on access.oidc_code (expires_at)',
  `create table access.signing_proof (
     secret_sha256 text not null, person_id text not null, expires_at timestamptz not null,
     constraint signing_proof_pk primary key (secret_sha256))`,
  'create index signing_proof_by_expiry on access.signing_proof (expires_at)',
  ...telemetry('access.oidc_attempt'),
  ...telemetry('access.oidc_code'),
  ...telemetry('access.signing_proof'),
  'grant select, insert on access.external_identity to registry_svc',
  'grant select, insert, delete on access.oidc_attempt, access.oidc_code, access.signing_proof to registry_svc',
];
