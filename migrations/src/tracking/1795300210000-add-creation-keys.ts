import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/** What a caller made under an `Idempotency-Key`, so that a repeated request finds it again instead of making another. */
export class AddCreationKeys1795300210000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table tracking.creation_key (
         actor_id text not null, key text not null, kind text not null, request_sha256 text not null, created_id text not null, created_ms bigint not null,
         constraint creation_key_pk primary key (actor_id, key),
         constraint creation_key_kind check (kind in ('run', 'logged_model')))`,
      ...telemetry('tracking.creation_key'),
      'grant select, insert on tracking.creation_key to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tracking.creation_key');
  }
}
