import type { MigrationInterface, QueryRunner } from 'typeorm';
import { telemetry } from '../declare.js';

/**
 * A record that covers many rows (an experiment is restored with thousands of runs) is looked up by key instead of read through once per row.
 * Few rows, the usual case, are read as before: nothing more is written for them.
 */
export class IndexLongCovers1795300020000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger inbox_long_covers on audit.inbox');
    await runner.query('drop trigger inbox_long_covers_left on audit.inbox');
    await runner.query('drop function audit.index_covers()');
    await runner.query(requireRecord('', 'i.tx = pg_current_xact_id() and covered = key'));
    await runner.query(`delete from audit.declared_table where name = 'audit.covered_row'`);
    await runner.query('drop table audit.covered_row');
  }
}

/** Above so many rows a record's `covers` are indexed. */
const long = 32;

/** The trigger of `CreateInbox`, with another place to look first. */
function requireRecord(lookUpFirst: string, matches: string): string {
  return `create or replace function audit.require_record() returns trigger language plpgsql security definer
    set search_path = pg_catalog set enable_seqscan = off as $$
   declare
     table_name text := tg_table_schema || '.' || tg_table_name;
     rows jsonb := '[]';
     key jsonb;
     side jsonb;
   begin
     if tg_op <> 'INSERT' then rows := rows || jsonb_build_array(to_jsonb(old)); end if;
     if tg_op <> 'DELETE' then rows := rows || jsonb_build_array(to_jsonb(new)); end if;
     for side in select value from jsonb_array_elements(rows) loop
       select jsonb_build_array(table_name) || jsonb_agg(side ->> part order by position)
         into key from unnest(tg_argv) with ordinality as parts (part, position);
       ${lookUpFirst}
       if not exists (select from audit.inbox i, jsonb_array_elements(i.covers) as covered where ${matches}) then
         raise exception 'a change of % has no audit record that names it', key using errcode = 'AU001';
       end if;
     end loop;
     return null;
   end $$`;
}

const isLong = (side: 'old' | 'new'): string =>
  `case jsonb_typeof(${side}.covers) when 'array' then jsonb_array_length(${side}.covers) > ${long} else false end`;

/** The trigger's function as it stands after this migration. */
export const requireRecordOfLongCovers = requireRecord(
  `continue when exists (
         select from audit.covered_row c
         where c.tx = pg_current_xact_id()::text and c.key_sha256 = sha256(convert_to(key::text, 'UTF8')));`,
  `i.tx = pg_current_xact_id() and covered = key and jsonb_array_length(i.covers) <= ${long}`,
);

const statements = [
  // The digest stands for the key's canonical text (jsonb has one): a key may be longer than an index entry.
  `create table audit.covered_row (
     tx text not null, key_sha256 bytea not null, inbox_id text not null,
     constraint covered_row_pk primary key (tx, key_sha256, inbox_id))`,
  'create index covered_row_inbox on audit.covered_row (inbox_id)',
  ...telemetry('audit.covered_row'),
  `create function audit.index_covers() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
   begin
     if tg_op = 'DELETE' then
       delete from audit.covered_row where inbox_id = old.id;
     else
       insert into audit.covered_row (tx, key_sha256, inbox_id)
         select distinct new.tx::text, sha256(convert_to(covered::text, 'UTF8')), new.id from jsonb_array_elements(new.covers) as covered;
     end if;
     return null;
   end $$`,
  'revoke all on function audit.index_covers() from public',
  `create trigger inbox_long_covers after insert on audit.inbox for each row when (${isLong('new')}) execute function audit.index_covers()`,
  `create trigger inbox_long_covers_left after delete on audit.inbox for each row when (${isLong('old')}) execute function audit.index_covers()`,
  requireRecordOfLongCovers,
];
