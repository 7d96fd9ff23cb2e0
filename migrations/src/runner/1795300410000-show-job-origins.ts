import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

/** What each job read, for lineage: what its spec pins, and what its latest attempt said that it read. */
export class ShowJobOrigins1795300410000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create view runner.job_origin as
         select j.workspace, j.id, j.recipe, j.state, j.created_at,
           (select coalesce(jsonb_agg(distinct r.read), '[]') from (
              select jsonb_build_object('kind', case i.key when 'dataset' then 'dataset' else 'model' end,
                  'name', i.value ->> 'name', 'version', i.value ->> 'version') as read
                from jsonb_each(j.spec -> 'inputs') i where i.value ->> 'version' is not null
              union all
              select jsonb_build_object('kind', d ->> 'kind', 'name', d ->> 'name', 'version', d ->> 'version')
                from (select s.data_read from runner.attempt_status s where s.job_id = j.id order by s.epoch desc limit 1) latest,
                  jsonb_array_elements(latest.data_read) d) r) as reads,
           case when j.spec #>> '{inputs,model,alias}' is not null
             then jsonb_build_object('name', j.spec #>> '{inputs,model,name}', 'alias', j.spec #>> '{inputs,model,alias}') end as pointer
         from runner.job j`,
      ...grantRead('runner.job_origin', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view runner.job_origin');
  }
}
