import type { MigrationInterface, QueryRunner } from 'typeorm';
import { governed } from '../declare.js';

/** Environments in a team's own order, and the aliases that belong to each. A workspace without rows has the default ones. */
export class CreateEnvironments1795300396100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table registry.environment (
         workspace text not null, name text not null, position bigint not null,
         constraint environment_pk primary key (workspace, name))`,
      `create table registry.environment_alias (
         workspace text not null, alias text not null, environment text not null,
         constraint environment_alias_pk primary key (workspace, alias),
         constraint environment_alias_environment foreign key (workspace, environment) references registry.environment (workspace, name))`,
      ...governed('registry.environment', { key: ['workspace', 'name'] }),
      ...governed('registry.environment_alias', { key: ['workspace', 'alias'] }),
      'grant select, insert, delete on registry.environment, registry.environment_alias to registry_svc',
      'grant update (position) on registry.environment to registry_svc',
      'grant update (environment) on registry.environment_alias to registry_svc',
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table registry.environment_alias, registry.environment');
    await runner.query(
      "delete from audit.declared_table where name in ('registry.environment', 'registry.environment_alias')",
    );
  }
}
