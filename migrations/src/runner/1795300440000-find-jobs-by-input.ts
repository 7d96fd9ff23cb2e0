import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grantRead } from '../declare.js';

const inputs = ['dataset', 'model', 'comparedWith'] as const;
const nameOf = (input: string): string => `(spec #>> '{inputs,${input},name}')`;
const indexOf = (input: string): string => `job_by_${input.toLowerCase()}`;

/** Jobs by the names of what they read: lineage asks for those of a few things among all that ever ran. */
export class FindJobsByInput1795300440000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...inputs.map(
        (input) =>
          `create index ${indexOf(input)} on runner.job (workspace, ${nameOf(input)}) where ${nameOf(input)} is not null`,
      ),
      `create view runner.job_input as
         select workspace, id, ${nameOf('dataset')} as dataset, ${nameOf('model')} as model, ${nameOf('comparedWith')} as compared from runner.job`,
      ...grantRead('runner.job_input', 'registry_svc'),
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view runner.job_input');
    for (const input of inputs) await runner.query(`drop index runner.${indexOf(input)}`);
  }
}
