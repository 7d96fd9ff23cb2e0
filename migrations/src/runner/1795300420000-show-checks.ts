import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

/** Jobs that check a version by a script, with their verdicts: for the registry's gates. Only an attempt's own token writes a result. */
export class ShowChecks1795300420000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create index job_check_by_script on runner.job (workspace, (spec #>> '{inputs,script,sha256}')) where recipe = 'check'`,
      `create view runner.check_verdict as
         select workspace, id as job_id, state, spec #>> '{inputs,model,name}' as model, (spec #>> '{inputs,model,version}')::bigint as version,
           spec #>> '{inputs,script,sha256}' as script, coalesce(spec #> '{params,parameters}', '{}') as parameters, result, error,
           created_at, ended_at
         from runner.job where recipe = 'check'`,
      ...grantRead('runner.check_verdict', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view runner.check_verdict');
    await runner.query('drop index runner.job_check_by_script');
  }
}
