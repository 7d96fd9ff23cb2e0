import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who stands behind what was done: whoever did it, and for a service account also whoever made it or a token of it, for they could have
 * done it in its name.
 */
export class KnowWhoStandsBehindPrograms1795300119100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'alter table access.api_token add column issued_by text',
      `create function access.behind(asked text[]) returns setof text
         language sql stable security definer set search_path = pg_catalog, pg_temp as $$
         with recursive behind (id) as (
           select unnest(asked)
           union
           select m.maker from behind b cross join lateral (
             select s.created_by from access.service_account s where s.id = b.id
             union all
             select t.issued_by from access.api_token t where t.service_account_id = b.id) as m (maker)
         )
         select id from behind where id is not null
       $$`,
      'revoke all on function access.behind(text[]) from public',
      'grant execute on function access.behind(text[]) to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function access.behind(text[])');
    await runner.query('alter table access.api_token drop column issued_by');
  }
}
