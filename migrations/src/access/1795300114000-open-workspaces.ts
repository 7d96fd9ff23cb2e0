import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/** People in several workspaces, and grants on models by name. */
export class OpenWorkspaces1795300114000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view access.credential');
    await runner.query(`create view access.credential as ${credentialBefore}`);
    await runner.query(`grant select on access.credential to ${everyService}`);
    await runner.query('drop function access.note_token_use');
    await runner.query(`grant insert, update on access.token_use to ${everyService}`);
    await runner.query('revoke insert on access.workspace from registry_svc');
    await runner.query('alter table access.person drop constraint person_home_workspace, drop column home_workspace');
    await runner.query(`delete from audit.declared_table where name = 'access.model_grant'`);
    await runner.query('drop table access.model_grant');
  }
}

const everyService = 'registry_svc, runner_svc, drift_svc, audit_svc';

const credentialBefore = `select t.id as token_id, t.secret_sha256, case when s.id is null then 'person' else 'service' end as kind,
       coalesce(s.id, p.id) as holder_id, coalesce(s.name, p.name) as holder_name, t.workspace,
       coalesce(s.roles,
         (select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = t.workspace), '[]') as roles,
       coalesce((select jsonb_agg(distinct g.group_name) from access.group_member g where g.person_id = p.id and g.workspace = t.workspace), '[]') as groups,
       t.scopes, t.provisional
     from access.api_token t
       left join access.person p on p.id = t.person_id and p.disabled_at is null
       left join access.service_account s on s.id = t.service_account_id and s.disabled_at is null
     where t.revoked_at is null and t.expires_at > now() and (p.id is not null or s.id is not null)`;

/** One row for each workspace that a token acts in: its own, and for a session every other that its holder is a member of. */
const credential = `select t.id as token_id, t.secret_sha256, case when s.id is null then 'person' else 'service' end as kind,
       coalesce(s.id, p.id) as holder_id, coalesce(s.name, p.name) as holder_name,
       w.workspace, w.workspace = t.workspace as is_own, held.roles, held.groups, t.scopes, t.provisional,
       coalesce((select jsonb_agg(jsonb_build_object('pattern', g.name_pattern, 'permissions', g.permissions, 'effect', g.effect))
         from access.model_grant g where g.workspace = w.workspace and (
           (g.subject_kind = 'person' and g.subject = p.id) or (g.subject_kind = 'service' and g.subject = s.id)
           or (g.subject_kind = 'group' and jsonb_exists(held.groups, g.subject))
           or (g.subject_kind = 'role' and jsonb_exists(held.roles, g.subject)))), '[]') as grants
     from access.api_token t
       left join access.person p on p.id = t.person_id and p.disabled_at is null
       left join access.service_account s on s.id = t.service_account_id and s.disabled_at is null
       cross join lateral (
         select t.workspace union select m.workspace from access.membership m where t.kind = 'session' and m.person_id = p.id) w
       cross join lateral (select
         coalesce(s.roles,
           (select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = w.workspace), '[]') as roles,
         coalesce((select jsonb_agg(distinct g.group_name) from access.group_member g where g.person_id = p.id and g.workspace = w.workspace), '[]') as groups) held
     where t.revoked_at is null and t.expires_at > now() and (p.id is not null or s.id is not null)`;

const statements = [
  `alter table access.person add column home_workspace text not null default 'default',
     add constraint person_home_workspace foreign key (home_workspace) references access.workspace (id)`,
  `create table access.model_grant (
     id text not null, workspace text not null, subject_kind text not null, subject text not null, name_pattern text not null,
     permissions jsonb not null, effect text not null, created_by text not null, created_at timestamptz not null,
     constraint model_grant_pk primary key (id),
     constraint model_grant_subject_kind check (subject_kind in ('person', 'group', 'service', 'role')),
     constraint model_grant_effect check (effect in ('allow', 'deny')),
     constraint model_grant_workspace foreign key (workspace) references access.workspace (id))`,
  'create index model_grant_by_subject on access.model_grant (workspace, subject_kind, subject)',
  'drop view access.credential',
  `create view access.credential as ${credential}`,
  `grant select on access.credential to ${everyService}`,
  // No service writes a neighbour's table: it says that it saw a token, and the table's owner writes it down.
  `create function access.note_token_use(token text) returns void language sql security definer set search_path = '' as $$
     insert into access.token_use (token_id, last_used_at) values (token, now())
       on conflict (token_id) do update set last_used_at = excluded.last_used_at where access.token_use.last_used_at < excluded.last_used_at $$`,
  'revoke all on function access.note_token_use from public',
  `grant execute on function access.note_token_use to ${everyService}`,
  `revoke all on access.token_use from ${everyService}`,
  'grant select on access.token_use to registry_svc',
  ...governed('access.model_grant', { key: ['id'] }),
  'grant select, insert, delete on access.model_grant to registry_svc',
  'grant insert on access.workspace to registry_svc',
];
