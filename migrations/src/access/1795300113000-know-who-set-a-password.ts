import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a password is its owner's own, and who else gave one to a person: with somebody else's nobody signs. */
export class KnowWhoSetAPassword1795300113000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view access.credential');
    await runner.query('alter table access.api_token drop column provisional');
    await runner.query(`create view access.credential as ${credential('')}`);
    await runner.query('grant select on access.credential to registry_svc, runner_svc, drift_svc, audit_svc');
    await runner.query(
      'alter table access.person drop constraint person_password_state, drop column password_state, drop column password_given_by, drop column password_given_at',
    );
  }
}

/** The view's query; a column may only come at its end. */
function credential(more: string): string {
  return `select t.id as token_id, t.secret_sha256, case when s.id is null then 'person' else 'service' end as kind,
       coalesce(s.id, p.id) as holder_id, coalesce(s.name, p.name) as holder_name, t.workspace,
       coalesce(s.roles,
         (select jsonb_agg(m.role order by m.role) from access.membership m where m.person_id = p.id and m.workspace = t.workspace), '[]') as roles,
       coalesce((select jsonb_agg(distinct g.group_name) from access.group_member g where g.person_id = p.id and g.workspace = t.workspace), '[]') as groups,
       t.scopes${more}
     from access.api_token t
       left join access.person p on p.id = t.person_id and p.disabled_at is null
       left join access.service_account s on s.id = t.service_account_id and s.disabled_at is null
     where t.revoked_at is null and t.expires_at > now() and (p.id is not null or s.id is not null)`;
}

const statements = [
  // own: chosen by its owner. first: came with the account. reset: an administrator replaced it; it opens nothing but its change.
  `alter table access.person
     add column password_state text not null default 'own',
     add column password_given_by text,
     add column password_given_at timestamptz,
     add constraint person_password_state check (password_state in ('own', 'first', 'reset'))`,
  // Came of a password that somebody else knows: it decides nothing, and ends when the owner chooses their own.
  'alter table access.api_token add column provisional boolean not null default false',
  `create or replace view access.credential as ${credential(', t.provisional')}`,
  'grant update (password_state, password_given_by, password_given_at) on access.person to registry_svc',
];
