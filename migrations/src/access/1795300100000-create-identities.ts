import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, grantRead, recordRow } from '../declare.js';

/** Workspaces, people with their roles, tokens, and the one-time secret of the set-up. */
export class CreateIdentities1795300100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view access.credential, access.people_exist');
    await runner.query(
      'drop table access.set_up, access.api_token, access.membership, access.person, access.workspace',
    );
  }
}

const everyService = ['registry_svc', 'runner_svc', 'drift_svc', 'audit_svc'];

const statements = [
  `create table access.workspace (
     id text not null, created_at timestamptz not null,
     constraint workspace_pk primary key (id))`,
  `create table access.person (
     id text not null, email text not null, name text not null, password_hash text not null,
     created_at timestamptz not null, disabled_at timestamptz,
     constraint person_pk primary key (id), constraint person_email unique (email))`,
  `create table access.membership (
     person_id text not null, workspace text not null, role text not null, granted_at timestamptz not null,
     constraint membership_pk primary key (person_id, workspace, role),
     constraint membership_person foreign key (person_id) references access.person (id),
     constraint membership_workspace foreign key (workspace) references access.workspace (id),
     constraint membership_role check (role in ('viewer', 'contributor', 'maintainer', 'approver', 'auditor', 'admin')))`,
  `create table access.api_token (
     id text not null, person_id text not null, workspace text not null, kind text not null, name text not null, secret_sha256 text not null,
     created_at timestamptz not null, expires_at timestamptz not null, revoked_at timestamptz,
     constraint api_token_pk primary key (id),
     constraint api_token_kind check (kind in ('api', 'session')),
     constraint api_token_person foreign key (person_id) references access.person (id),
     constraint api_token_workspace foreign key (workspace) references access.workspace (id))`,
  'create index api_token_by_person on access.api_token (person_id, created_at)',
  `create table access.set_up (
     id text not null, secret_sha256 text not null, created_at timestamptz not null, used_at timestamptz,
     constraint set_up_pk primary key (id), constraint set_up_one check (id = 'set-up'))`,
  // What every service may know of a token: enough to find its caller, while it is valid by the database's own clock.
  `create view access.credential as
     select t.id as token_id, t.secret_sha256, p.id as person_id, p.name as person_name, t.workspace,
       coalesce((select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = t.workspace), '[]') as roles
     from access.api_token t join access.person p on p.id = t.person_id
     where t.revoked_at is null and t.expires_at > now() and p.disabled_at is null`,
  'create view access.people_exist as select exists (select from access.person) as present',
  ...grantRead('access.credential', ...everyService),
  ...grantRead('access.people_exist', ...everyService),
  ...governed('access.workspace', { key: ['id'] }),
  `insert into access.workspace (id, created_at) values ('default', now())`,
  recordRow('access.workspace', ['default'], 'access.workspace.created.v1', { type: 'workspace', id: 'default' }),
  ...governed('access.person', { key: ['id'] }),
  ...governed('access.membership', { key: ['person_id', 'workspace', 'role'] }),
  ...governed('access.api_token', { key: ['id'] }),
  ...governed('access.set_up', { key: ['id'] }),
  'grant select on access.workspace to registry_svc',
  'grant select, insert on access.person to registry_svc',
  'grant update (name, password_hash, disabled_at) on access.person to registry_svc',
  'grant select, insert, delete on access.membership to registry_svc',
  'grant select, insert on access.api_token to registry_svc',
  'grant update (revoked_at) on access.api_token to registry_svc',
  'grant select, insert on access.set_up to registry_svc',
  'grant update (secret_sha256, created_at, used_at) on access.set_up to registry_svc',
];
