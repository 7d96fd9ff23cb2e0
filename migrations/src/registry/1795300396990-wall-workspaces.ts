import type { MigrationInterface, QueryRunner } from 'typeorm';
import { filtered, rooted, unfiltered, unrooted } from '../declare.js';

/** What belongs to a workspace is not seen from another, whatever a statement asks for. Versions, pointers and approvals are reached through their roots. */
export class WallWorkspaces1795300396990 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...rooted(...tables), ...filtered('registry.dataset_content', 'drift_svc')])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [...unfiltered('registry.dataset_content', 'drift_svc'), ...unrooted(...tables)])
      await runner.query(statement);
  }
}

const tables = [
  'registry.registered_model',
  'registry.dataset',
  'registry.policy',
  'registry.policy_proposal',
  'registry.promotion',
  'registry.evaluation',
  'registry.comparison',
  'registry.break_glass',
  'registry.legal_hold',
  'registry.environment',
  'registry.environment_alias',
  'registry.environment_list',
  'registry.webhook',
];
