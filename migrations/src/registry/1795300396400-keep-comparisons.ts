import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/** Comparisons of two versions row by row, and the way from a run to the evaluations whose scores it keeps. */
export class KeepComparisons1795300396400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'create index evaluation_by_run on registry.evaluation (run_id)',
      // The id is the digest of what was compared and how, so the same question has one answer. Insert only, as every fact.
      `create table registry.comparison (
         id text not null, workspace text not null, spec jsonb not null, result jsonb not null, computed_at timestamptz not null,
         constraint comparison_pk primary key (id))`,
      ...governed('registry.comparison', { key: ['id'] }),
      'grant select, insert on registry.comparison to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table registry.comparison');
    await runner.query('drop index registry.evaluation_by_run');
  }
}
