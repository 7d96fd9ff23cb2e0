import type { TestDatabase } from '@assay/testing';

/** Tables that change without a request: the log itself, the queue's own, how far readers of the log have got, and when a token was seen. */
const alive = (table: string): boolean =>
  table.startsWith('audit.') ||
  table.startsWith('queue.') ||
  table.endsWith('.event_cursor') ||
  table === 'access.token_use';

/** A digest of the content of every table that the platform declares, by name. */
export async function tableDigests(database: TestDatabase): Promise<Record<string, string>> {
  const declared = await database.query('select name from audit.declared_table order by name');
  const tables = declared.map((row) => String(row.name)).filter((name) => !alive(name));
  if (tables.length < 20) throw new Error(`only ${tables.length} tables are declared`);
  const rows = await database.query(
    tables
      .map(
        (table) =>
          `select '${table}' as name, md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) as digest from ${table} t`,
      )
      .join(' union all '),
  );
  return Object.fromEntries(rows.map((row) => [String(row.name), String(row.digest)]));
}
