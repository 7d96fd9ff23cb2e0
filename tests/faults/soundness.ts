import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@assay/platform/database';
import pg from 'pg';
import { z } from 'zod';

export interface Soundness {
  readonly acknowledged: number;
  /** Acknowledged records that stand neither in the log nor in the inbox. */
  readonly lost: readonly string[];
  /** Governed rows that no record names. */
  readonly unrecorded: readonly string[];
  /** Places where the log's indexes are not dense. */
  readonly gaps: number;
  readonly governedRows: number;
  readonly leaves: number;
}

const covers = z.array(z.array(z.string()));
const leafShape = z.object({ id: z.string(), covers: covers.optional() });

/** Opens the database of a stopped installation and looks for what must never be: a lost acknowledged change, a change without its record. */
export async function examine(dataDir: string): Promise<Soundness> {
  const server = await startEmbeddedPostgres({ dataDir });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    const rows = await client.query("select index::int, convert_from(leaf, 'UTF8') as leaf from audit.leaf order by index");
    const leaves = rows.rows.map((row: { leaf: string }) => leafShape.parse(JSON.parse(row.leaf)));
    const waiting = await client.query('select id, covers from audit.inbox');
    const waitingRows: { id: string; covers: string[][] }[] = waiting.rows;
    const known = new Set([...leaves.map(({ id }) => id), ...waitingRows.map(({ id }) => id)]);
    const named = new Set([...leaves.flatMap((leaf) => leaf.covers ?? []), ...waitingRows.flatMap((row) => covers.parse(row.covers))].map((row) => JSON.stringify(row)));
    const acknowledged = acknowledgedIn(dataDir);
    const governed = await governedRows(client);
    return {
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((id) => !known.has(id)),
      unrecorded: governed.filter((row) => !named.has(row)),
      gaps: rows.rows.filter((row: { index: number }, place: number) => row.index !== place).length,
      governedRows: governed.length,
      leaves: leaves.length,
    };
  } finally {
    await client.end();
    await server.stop();
  }
}

/** Ids that the demo's client got answered; the last line may be cut off by a kill. */
function acknowledgedIn(dataDir: string): string[] {
  return readFileSync(join(dataDir, 'acknowledged'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((id) => id !== '');
}

async function governedRows(client: pg.Client): Promise<string[]> {
  const tables = await client.query("select name, key_columns from audit.declared_table where kind = 'governed' order by name");
  const found: string[] = [];
  for (const { name, key_columns: columns } of tables.rows) {
    const key = String(columns)
      .split(',')
      .map((column) => `${column}::text`)
      .join(', ');
    const rows = await client.query(`select array[${key}] as key from ${name}`);
    for (const row of rows.rows) found.push(JSON.stringify([name, ...row.key]));
  }
  return found;
}
