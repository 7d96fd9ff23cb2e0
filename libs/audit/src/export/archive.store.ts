import type { Tx } from '@assay/platform/database';
import { type LeafColumns, peekCheckpoint, type Checkpoint } from '@assay/pure/merkle';
import { readTiles } from '../log/sequencing.store.js';
import { conditions, recordColumns, type RecordFilter } from '../records/record.store.js';

/** A row as the database holds it: the leaf, the leaf's hash in the tiles, and the search columns, each on its own. */
export interface ArchivedRow {
  readonly index: number;
  readonly leaf: Buffer;
  readonly hash: Buffer | null;
  readonly row: LeafColumns;
}

const schemaName = /^[a-z_]+$/;

/** Reads the log of one schema: `audit`, or a copy of its tables made elsewhere. */
export class ArchiveStore {
  constructor(private readonly schema = 'audit') {
    if (!schemaName.test(schema)) throw new Error(`"${schema}" is no schema name`);
  }

  /** Signed checkpoints with a size above one and up to another, smallest first. */
  async checkpoints(tx: Tx, above: number, upTo: number): Promise<{ size: number; note: string }[]> {
    const rows: { size: string; note: string }[] = await tx.query(
      `select size, note from ${this.schema}.checkpoint where note is not null and size > $1 and size <= $2 order by size`,
      [above, upTo],
    );
    return rows.map(({ size, note }) => ({ size: Number(size), note }));
  }

  /** The newest signed checkpoint, with its note. */
  async newestCheckpoint(tx: Tx): Promise<(Checkpoint & { note: string }) | null> {
    const [row]: { note: string }[] = await tx.query(
      `select note from ${this.schema}.checkpoint where note is not null order by size desc limit 1`,
    );
    const checkpoint = row ? peekCheckpoint(row.note) : null;
    return row && checkpoint ? { ...checkpoint, note: row.note } : null;
  }

  /** How many records below an index a filter takes, and the first and last of them. */
  async extent(
    tx: Tx,
    filter: RecordFilter,
    end: number,
  ): Promise<{ count: number; first: number | null; last: number | null }> {
    const { where, parameters } = conditions(filter);
    const [row]: { count: string; first: string | null; last: string | null }[] = await tx.query(
      `select count(*) as count, min(index) as first, max(index) as last from ${this.schema}.leaf where index >= $1 and index < $2 and ${where}`,
      [0, end, ...parameters],
    );
    return {
      count: Number(row?.count ?? 0),
      first: row?.first == null ? null : Number(row.first),
      last: row?.last == null ? null : Number(row.last),
    };
  }

  /** The hashes of certain tiles. */
  tiles(tx: Tx, tiles: readonly { level: number; index: number }[]): Promise<Map<string, Uint8Array>> {
    return readTiles(tx, tiles, this.schema);
  }

  /** A page of rows from an index on. */
  async rows(tx: Tx, filter: RecordFilter, from: number, end: number, limit: number): Promise<ArchivedRow[]> {
    const { where, parameters } = conditions(filter);
    const rows: { index: string; leaf: Buffer; hash: Buffer | null; row: LeafColumns }[] = await tx.query(
      `select l.index, l.leaf, substring(t.hashes from (l.index % 256)::int * 32 + 1 for 32) as hash,
         json_build_object('id', id, 'time', time, 'workspace', workspace, 'actorId', actor_id, 'actorKind', actor_kind, 'onBehalfOf', on_behalf_of, 'action', action,
           'targetType', target_type, 'targetId', target_id, 'targetVersion', target_version, 'outcome', outcome, 'requestId', request_id) as row
       from (select ${recordColumns} from ${this.schema}.leaf where index >= $1 and index < $2 and ${where} order by index limit ${limit}) l
       left join ${this.schema}.tile t on t.level = 0 and t.index = l.index / 256 order by l.index`,
      [from, end, ...parameters],
    );
    return rows.map(({ index, leaf, hash, row }) => ({ index: Number(index), leaf, hash, row }));
  }
}
