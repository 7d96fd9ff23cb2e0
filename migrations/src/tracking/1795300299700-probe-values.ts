import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Searches ask of thousands of runs, one by one, whether they have a parameter, a tag or a metric:
 * - the index by value of parameters and tags goes on with the run (`run_number + 0`, so that no other index can answer the same question): the
 *   runs that have a value lie side by side in it, and a run that has another costs no look at a row;
 * - the primary key of latest values holds the value.
 */
export class ProbeValues1795300299700 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['param', 'run_tag']) {
      await runner.query(`drop index tracking.${table}_by_value`);
      await runner.query(`create index ${table}_by_value on tracking.${table} (${hash}, (run_number + 0))`);
    }
    await runner.query(primaryKey('include (value)'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(primaryKey(''));
    for (const table of ['param', 'run_tag']) {
      await runner.query(`drop index tracking.${table}_by_value`);
      await runner.query(`create index ${table}_by_value on tracking.${table} (${hash})`);
    }
  }
}

const hash = `hashtextextended(key || '=' || value, experiment_id)`;

function primaryKey(more: string): string {
  return `alter table tracking.metric_latest drop constraint metric_latest_pk,
    add constraint metric_latest_pk primary key (run_number, key_id) ${more}`;
}
