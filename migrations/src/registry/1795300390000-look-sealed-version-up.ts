import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Files may be added to a version only by the transaction that registers it. Each version is looked up by its key now: as a join the question
 * was planned as a scan of all versions, so that every registration became dearer with every version there was.
 */
export class LookSealedVersionUp1795300390000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      requireOwnRegistration(`select from (select distinct model_id, version from added) a
         where (select v.registered_tx from registry.model_version v where v.model_id = a.model_id and v.version = a.version)
           is distinct from pg_current_xact_id()::text`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      requireOwnRegistration(`select from (select distinct model_id, version from added) a
         join registry.model_version v on v.model_id = a.model_id and v.version = a.version
         where v.registered_tx is distinct from pg_current_xact_id()::text`),
    );
  }
}

function requireOwnRegistration(foreign: string): string {
  return `create or replace function registry.require_own_registration() returns trigger language plpgsql as $$
   begin
     if exists (${foreign}) then
       raise exception 'a registered version never gets another file' using errcode = 'RG001';
     end if;
     return null;
   end $$`;
}
