import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/**
 * Who a person is at a provider gets an id of its own: audit records name changed rows by their key, and a subject may be an address. A
 * person is one subject at each provider: an address that the provider gives to somebody else takes no account over.
 */
export class NameIdentitiesById1795300116000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...undeclared,
      'alter table access.external_identity add column id text, drop constraint external_identity_pk',
      'update access.external_identity set id = gen_random_uuid()::text',
      `alter table access.external_identity alter column id set not null,
         add constraint external_identity_pk primary key (id),
         add constraint external_identity_subject unique (issuer, subject),
         add constraint external_identity_of_person unique (issuer, person_id)`,
      ...governed('access.external_identity', { key: ['id'] }),
      'grant delete on access.external_identity to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      ...undeclared,
      'revoke delete on access.external_identity from registry_svc',
      `alter table access.external_identity drop constraint external_identity_pk, drop constraint external_identity_subject,
         drop constraint external_identity_of_person, drop column id,
         add constraint external_identity_pk primary key (issuer, subject)`,
      ...governed('access.external_identity', { key: ['issuer', 'subject'] }),
    ];
    for (const statement of statements) await runner.query(statement);
  }
}

const undeclared = [
  'drop trigger zz_audited_rows on access.external_identity',
  'drop trigger zz_audited_change on access.external_identity',
  `delete from audit.declared_table where name = 'access.external_identity'`,
];
