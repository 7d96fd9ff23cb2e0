import type { MigrationInterface, QueryRunner } from 'typeorm';
import { rooted, unrooted } from '../declare.js';

/** Grants, groups and service accounts of one workspace are not seen from another. People, their memberships and their tokens are of several. */
export class WallWorkspaces1795300119000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of rooted(...tables)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of unrooted(...tables)) await runner.query(statement);
  }
}

const tables = ['access.group_member', 'access.model_grant', 'access.service_account'];
