import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Traces know what their spans come to, so that they can be bounded; their tags are found by value. */
export class BoundTraces1795300280000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'alter table tracking.span add column bytes bigint',
      'update tracking.span s set bytes = octet_length(row_to_json(s)::text)',
      'alter table tracking.span alter column bytes set not null',
      'alter table tracking.trace add column span_count bigint, add column span_bytes bigint',
      `update tracking.trace t set (span_count, span_bytes) =
         (select count(*), coalesce(sum(s.bytes), 0) from tracking.span s where s.trace_id = t.trace_id)`,
      'alter table tracking.trace alter column span_count set not null, alter column span_bytes set not null',
      'create index trace_by_tag on tracking.trace using gin (tags jsonb_path_ops)',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index tracking.trace_by_tag');
    await runner.query('alter table tracking.trace drop column span_count, drop column span_bytes');
    await runner.query('alter table tracking.span drop column bytes');
  }
}
