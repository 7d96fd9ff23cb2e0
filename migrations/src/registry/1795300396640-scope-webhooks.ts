import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Webhooks that name models, that tell nobody of a model which is denied to them, and whose secret can be changed without a gap. */
export class ScopeWebhooks1795300396640 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      // In whose name it is told things: who chose its address, and who changed it since.
      'alter table registry.webhook add column models jsonb, add column answers_to jsonb, add column previous_secret bytea, add column previous_until timestamptz',
      'alter table registry.webhook alter column answers_to type jsonb using jsonb_build_array(created_by)',
      'alter table registry.webhook alter column answers_to set not null',
      'grant update (models, answers_to, previous_secret, previous_until) on registry.webhook to registry_svc',
      `alter table registry.webhook_delivery add column models jsonb not null default '[]'`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table registry.webhook_delivery drop column models');
    await runner.query(
      'alter table registry.webhook drop column models, drop column answers_to, drop column previous_secret, drop column previous_until',
    );
  }
}
