import type { MigrationInterface, QueryRunner } from 'typeorm';
import { requireRecordOfLongCovers } from './1795300020000-index-long-covers.js';

/**
 * The usual record covers one row, and transactions carry many of those (creations share their commits): each row finds its record by an
 * index over what records cover first, instead of reading every record of the transaction. Records that cover more are looked up as before.
 */
export class FindRecordsByRow1795300030000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // A hash stands for the row: a key may be longer than an index entry. It leads with `tx`, so it serves what `inbox_tx` did.
    await runner.query('create index inbox_by_row on audit.inbox (tx, jsonb_hash(covers -> 0))');
    await runner.query('drop index audit.inbox_tx');
    await runner.query(requireRecord);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('create index inbox_tx on audit.inbox (tx)');
    await runner.query('drop index audit.inbox_by_row');
    await runner.query(requireRecordOfLongCovers);
  }
}

/**
 * The lookups stand in the order of their cost; each alone proves that a record of this transaction names the row. Containment (`@>`) is
 * only a quick look: it takes the parts of a key in any order, so the element itself is compared as well;
 * `case` keeps it away from long records.
 */
const requireRecord = `create or replace function audit.require_record() returns trigger language plpgsql security definer
  set search_path = pg_catalog set enable_seqscan = off as $$
  declare
    sides jsonb[] := '{}';
    keys jsonb[] := '{}';
    side jsonb;
    part text;
    key jsonb;
  begin
    if tg_op <> 'INSERT' then sides := sides || to_jsonb(old); end if;
    if tg_op <> 'DELETE' then sides := sides || to_jsonb(new); end if;
    foreach side in array sides loop
      key := jsonb_build_array(tg_table_schema || '.' || tg_table_name);
      foreach part in array tg_argv loop
        key := key || coalesce(to_jsonb(side ->> part), 'null');
      end loop;
      if keys[1] is distinct from key then keys := keys || key; end if;
    end loop;
    foreach key in array keys loop
      continue when exists (
        select from audit.inbox i
        where i.tx = pg_current_xact_id() and jsonb_hash(i.covers -> 0) = jsonb_hash(key) and i.covers -> 0 = key);
      continue when exists (
        select from audit.inbox i
        where i.tx = pg_current_xact_id() and case when jsonb_array_length(i.covers) between 2 and 32
          then i.covers @> jsonb_build_array(key) and exists (select from jsonb_array_elements(i.covers) as covered where covered = key) end);
      if not exists (
        select from audit.covered_row c
        where c.tx = pg_current_xact_id()::text and c.key_sha256 = sha256(convert_to(key::text, 'UTF8'))) then
        raise exception 'a change of % has no audit record that names it', key using errcode = 'AU001';
      end if;
    end loop;
    return null;
  end $$`;
