import { getConstructionPlans, getUninstallPlans } from 'pg-boss';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/**
 * The tables of the Postgres queue, as pg-boss itself defines them: installed here because no service may make tables.
 * When pg-boss is upgraded to a newer schema, a later migration runs its `getMigrationPlans` from the version found in
 * `queue.version`, and does nothing where this one has just installed the newest.
 */
export class CreateQueue1795300050000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const plan = getConstructionPlans('queue', { createSchema: false });
    await runner.query(plan.replace(/^\s*BEGIN;/, '').replace(/COMMIT;\s*$/, ''));
    const roles = 'registry_svc, runner_svc, drift_svc, audit_svc';
    await runner.query(`grant usage on schema queue to ${roles}`);
    await runner.query(`grant select, insert, update, delete on all tables in schema queue to ${roles}`);
    await runner.query(`revoke all on queue.migrations from ${roles}`);
    const tables: { name: string }[] = await runner.query(
      `select tablename as name from pg_tables where schemaname = 'queue' and tablename <> 'migrations' order by 1`,
    );
    for (const { name } of tables) for (const statement of telemetry(`queue.${name}`)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      getUninstallPlans('queue')
        .replace(/^\s*BEGIN;/, '')
        .replace(/COMMIT;\s*$/, ''),
    );
    await runner.query(`delete from audit.declared_table where name like 'queue.%'`);
  }
}
