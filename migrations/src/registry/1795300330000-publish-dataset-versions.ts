import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

/** What the drift monitor may know of dataset versions: enough to read a reference and to name it by its digest. */
export class PublishDatasetVersions1795300330000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view registry.dataset_content');
  }
}

const statements = [
  `create view registry.dataset_content as
     select d.workspace, d.name, v.version, v.digest, v.size, v.row_count, v.blob_key
     from registry.dataset d join registry.dataset_version v on v.dataset_id = d.id`,
  ...grantRead('registry.dataset_content', 'drift_svc'),
];
