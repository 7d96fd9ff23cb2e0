import type { MigrationInterface, QueryRunner } from 'typeorm';
import { rooted, unrooted } from '../declare.js';

/** What belongs to a workspace is not seen from another, whatever a statement asks for. Points, parameters and spans are reached through their roots. */
export class WallWorkspaces1795300299900 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...rooted(...tables), ...idTaken]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function tracking.id_taken');
    for (const statement of unrooted(...tables)) await runner.query(statement);
  }
}

const tables = [
  'tracking.experiment',
  'tracking.run',
  'tracking.logged_model',
  'tracking.trace',
  'tracking.issue',
  'tracking.evaluation_dataset',
  'tracking.imported',
];

/** Ids that clients bring along are unique in the installation: one that is taken behind the wall has to be seen as taken. */
const idTaken = [
  `create function tracking.id_taken(kind text, wanted text) returns boolean language sql stable security definer set search_path = '' as $$
     select case kind
       when 'experiment' then exists (select from tracking.experiment e where e.experiment_id = wanted::bigint)
       when 'run' then exists (select from tracking.run r where r.run_id = wanted)
       when 'logged_model' then exists (select from tracking.logged_model m where m.model_id = wanted)
       when 'trace' then exists (select from tracking.trace t where t.trace_id = wanted) end $$`,
  'revoke all on function tracking.id_taken from public',
  'grant execute on function tracking.id_taken to registry_svc',
];
