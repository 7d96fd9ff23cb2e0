import type { MigrationInterface, QueryRunner } from 'typeorm';

const schemas = ['audit', 'queue', 'access', 'tracking', 'registry', 'runner', 'drift'];

/** Services may not read the histories of migrations, but have to notice that the database was brought to a newer version than theirs. */
export class TellUnknownMigrations1795300040000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const histories = schemas.map((schema) => `select m.timestamp, m.name from ${schema}.migrations m`);
    // Of the other schemas' tables none is there yet: a body of plpgsql is read when it is called.
    await runner.query(
      `create function audit.unknown_migration(known bigint[]) returns text language plpgsql stable security definer set search_path = '' as $$
         begin
           return (select a.name from (${histories.join(' union all ')}) a where a.timestamp <> all (known) order by a.timestamp limit 1);
         end $$`,
    );
    await runner.query('revoke all on function audit.unknown_migration from public');
    await runner.query(
      'grant execute on function audit.unknown_migration to registry_svc, runner_svc, drift_svc, audit_svc',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function audit.unknown_migration');
  }
}
