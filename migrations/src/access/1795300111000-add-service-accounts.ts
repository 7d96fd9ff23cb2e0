import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed, telemetry } from '../declare.js';

/** Service accounts, tokens that may do less than their holder, and when a token was last used. */
export class AddServiceAccounts1795300111000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view access.credential');
    await runner.query('delete from access.api_token where person_id is null');
    await runner.query(
      'alter table access.api_token drop constraint api_token_holder, drop constraint api_token_service_account, drop column service_account_id, drop column scopes, alter column person_id set not null',
    );
    await runner.query(`create view access.credential as ${credentialBefore}`);
    await runner.query(grant);
    await runner.query(`delete from audit.declared_table where name in ('access.service_account', 'access.token_use')`);
    await runner.query('drop table access.service_account, access.token_use');
  }
}

const everyService = 'registry_svc, runner_svc, drift_svc, audit_svc';
const grant = `grant select on access.credential to ${everyService}`;

const credentialBefore = `select t.id as token_id, t.secret_sha256, p.id as person_id, p.name as person_name, t.workspace,
       coalesce((select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = t.workspace), '[]') as roles,
       coalesce((select jsonb_agg(distinct g.group_name) from access.group_member g where g.person_id = p.id and g.workspace = t.workspace), '[]') as groups
     from access.api_token t join access.person p on p.id = t.person_id
     where t.revoked_at is null and t.expires_at > now() and p.disabled_at is null`;

const statements = [
  `create table access.service_account (
     id text not null, workspace text not null, name text not null, roles jsonb not null,
     created_by text not null, created_at timestamptz not null, disabled_at timestamptz,
     constraint service_account_pk primary key (id),
     constraint service_account_name unique (workspace, name),
     constraint service_account_workspace foreign key (workspace) references access.workspace (id),
     constraint service_account_signs_nothing check (not jsonb_exists(roles, 'approver')))`,
  `alter table access.api_token
     alter column person_id drop not null,
     add column service_account_id text,
     add column scopes jsonb,
     add constraint api_token_service_account foreign key (service_account_id) references access.service_account (id),
     add constraint api_token_holder check ((person_id is null) <> (service_account_id is null))`,
  'create index api_token_by_service_account on access.api_token (service_account_id, created_at) where service_account_id is not null',
  // When a token was seen, within a minute or so; written by whichever service saw it.
  'create table access.token_use (token_id text not null, last_used_at timestamptz not null, constraint token_use_pk primary key (token_id))',
  'drop view access.credential',
  `create view access.credential as
     select t.id as token_id, t.secret_sha256, case when s.id is null then 'person' else 'service' end as kind,
       coalesce(s.id, p.id) as holder_id, coalesce(s.name, p.name) as holder_name, t.workspace,
       coalesce(s.roles,
         (select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = t.workspace), '[]') as roles,
       coalesce((select jsonb_agg(distinct g.group_name) from access.group_member g where g.person_id = p.id and g.workspace = t.workspace), '[]') as groups,
       t.scopes
     from access.api_token t
       left join access.person p on p.id = t.person_id and p.disabled_at is null
       left join access.service_account s on s.id = t.service_account_id and s.disabled_at is null
     where t.revoked_at is null and t.expires_at > now() and (p.id is not null or s.id is not null)`,
  grant,
  ...governed('access.service_account', { key: ['id'] }),
  ...telemetry('access.token_use'),
  'grant select, insert on access.service_account to registry_svc',
  'grant update (roles, disabled_at) on access.service_account to registry_svc',
  `grant select, insert, update on access.token_use to ${everyService}`,
];
