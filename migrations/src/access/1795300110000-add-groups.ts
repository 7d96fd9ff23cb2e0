import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/** Groups of people within a workspace. A person may be in one twice: put there by an administrator, and by the claims of a provider. */
export class AddGroups1795300110000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view access.credential');
    await runner.query(`create view access.credential as ${credential('')}`);
    await runner.query('grant select on access.credential to registry_svc, runner_svc, drift_svc, audit_svc');
    await runner.query(`delete from audit.declared_table where name = 'access.group_member'`);
    await runner.query('drop table access.group_member');
  }
}

const groups = `,
       coalesce((select jsonb_agg(distinct g.group_name) from access.group_member g where g.person_id = p.id and g.workspace = t.workspace), '[]') as groups`;

/** The view's query; a column may only come at its end. */
function credential(more: string): string {
  return `select t.id as token_id, t.secret_sha256, p.id as person_id, p.name as person_name, t.workspace,
       coalesce((select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = t.workspace), '[]') as roles${more}
     from access.api_token t join access.person p on p.id = t.person_id
     where t.revoked_at is null and t.expires_at > now() and p.disabled_at is null`;
}

const statements = [
  `create table access.group_member (
     workspace text not null, group_name text not null, person_id text not null, source text not null, since timestamptz not null,
     constraint group_member_pk primary key (workspace, group_name, person_id, source),
     constraint group_member_person foreign key (person_id) references access.person (id),
     constraint group_member_workspace foreign key (workspace) references access.workspace (id),
     constraint group_member_source check (source in ('manual', 'oidc')))`,
  'create index group_member_by_person on access.group_member (person_id, workspace)',
  `create or replace view access.credential as ${credential(groups)}`,
  ...governed('access.group_member', { key: ['workspace', 'group_name', 'person_id', 'source'] }),
  'grant select, insert, delete on access.group_member to registry_svc',
];
