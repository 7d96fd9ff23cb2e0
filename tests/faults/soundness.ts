import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@assay/platform/database';
import pg from 'pg';
import { governedRows, readRecords, unrecorded } from './unrecorded-rows.js';

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

/** Opens the database of a stopped installation and looks for what must never be: a lost acknowledged change, a change without its record. */
export async function examine(dataDir: string): Promise<Soundness> {
  const server = await startEmbeddedPostgres({ dataDir });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    const query = async (sql: string): Promise<Record<string, unknown>[]> => (await client.query(sql)).rows;
    const records = await readRecords(query);
    const acknowledged = acknowledgedIn(dataDir);
    const governed = await governedRows(query);
    return {
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((id) => !records.ids.has(id)),
      unrecorded: unrecorded(governed, records),
      gaps: records.gaps,
      governedRows: governed.size,
      leaves: records.leaves,
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
