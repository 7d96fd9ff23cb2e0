import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/**
 * Who wrote files of a run or a logged model: every row of a file names its writer, and the database keeps that name when the file is
 * replaced or removed. Nobody takes a contributor away again, so that whoever wrote into what a version came from stays one of its authors.
 */
export class KeepContributors1795300299600 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      `create table tracking.contributor (
         owner_kind text not null, owner_id text not null, actor_id text not null, since_ms bigint not null,
         constraint contributor_pk primary key (owner_kind, owner_id, actor_id))`,
      ...telemetry('tracking.contributor'),
      'grant select, insert on tracking.contributor to registry_svc',
      `alter table tracking.file add column written_by text not null default ''`,
      'alter table tracking.file alter column written_by drop default',
      `create function tracking.keep_contributor() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
       begin
         if new.owner_kind <> 'trace' then
           insert into tracking.contributor (owner_kind, owner_id, actor_id, since_ms)
             values (new.owner_kind, new.owner_id, new.written_by, new.created_ms) on conflict do nothing;
         end if;
         return null;
       end $$`,
      'revoke all on function tracking.keep_contributor() from public',
      'grant execute on function tracking.keep_contributor() to registry_svc',
      `create trigger file_contributor after insert or update on tracking.file
         for each row execute function tracking.keep_contributor()`,
    ];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = [
      'drop trigger file_contributor on tracking.file',
      'drop function tracking.keep_contributor()',
      'alter table tracking.file drop column written_by',
      'drop table tracking.contributor',
      "delete from audit.declared_table where name = 'tracking.contributor'",
    ];
    for (const statement of statements) await runner.query(statement);
  }
}
