import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of registrations know their age, and are taken away by it. Those of before count as of their version's time. */
export class AgeRegistrationKeys1795300395000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'alter table registry.registration_key add column created_at timestamptz',
      `update registry.registration_key k set created_at = v.created_at from registry.model_version v
         where v.model_id = k.model_id and v.version = k.version`,
      'alter table registry.registration_key alter column created_at set not null',
      'create index registration_key_by_age on registry.registration_key (created_at)',
      'grant delete on registry.registration_key to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('revoke delete on registry.registration_key from registry_svc');
    await runner.query('drop index registry.registration_key_by_age');
    await runner.query('alter table registry.registration_key drop column created_at');
  }
}
