import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/** Which version a caller registered under an `Idempotency-Key`, so that a repeated request finds it again instead of making another. */
export class AddRegistrationKeys1795300340000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table registry.registration_key (
         actor_id text not null, key text not null, request_sha256 text not null, model_id text not null, version bigint not null,
         constraint registration_key_pk primary key (actor_id, key),
         constraint registration_key_version foreign key (model_id, version) references registry.model_version (model_id, version))`,
      ...telemetry('registry.registration_key'),
      'grant select, insert on registry.registration_key to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table registry.registration_key');
  }
}
