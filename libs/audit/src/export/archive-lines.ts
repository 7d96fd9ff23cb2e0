import type { Database } from '@assay/platform/database';
import { encodeBase64 } from '@assay/pure/formats';
import {
  archiveFormat,
  inclusionProof,
  inclusionTiles,
  type ArchiveManifest,
  type TileReader,
} from '@assay/pure/merkle';
import { signingKeys } from '../log/signing-key.store.js';
import { sha256 } from '../log/sha256.js';
import type { RecordFilter } from '../records/record.store.js';
import { ArchiveStore, type ArchivedRow } from './archive.store.js';

const pageSize = 1000;

export interface ArchiveOptions {
  readonly filter?: RecordFilter;
  /** The schema that holds the log; another than `audit` is a copy of it, to be checked against what was signed. */
  readonly schema?: string;
}

/** There is no signed checkpoint yet, so nothing that an archive could prove. */
export class EmptyLogError extends Error {
  override readonly name = 'EmptyLogError';
}

/**
 * The lines of an archive, each with its newline. What they say is read from the rows as they are, tampered or not: the verifier compares. The log
 * only grows, so pages read one after the other under one checkpoint belong together without a long transaction.
 */
export async function* archiveLines(
  database: Database,
  { filter = {}, schema = 'audit' }: ArchiveOptions = {},
): AsyncGenerator<string> {
  const store = new ArchiveStore(schema);
  const complete = Object.values(filter).every((value) => value === undefined);
  const { checkpoint, keys, extent } = await database.read(async (tx) => {
    const newest = await store.newestCheckpoint(tx);
    if (newest === null) throw new EmptyLogError('the audit log has no signed checkpoint yet');
    return {
      checkpoint: newest,
      keys: await signingKeys(tx, schema),
      extent: await store.extent(tx, filter, newest.size),
    };
  });
  const manifest: ArchiveManifest = {
    kind: 'manifest',
    format: archiveFormat,
    origin: checkpoint.origin,
    keys: keys.map(({ verifierKey }) => verifierKey),
    filter: { ...filter },
    complete,
    ...extent,
    checkpoint: checkpoint.note,
  };
  yield line(manifest);
  let count = 0;
  for (let from = 0; ;) {
    const start = from;
    const { rows, notes, read } = await database.read(async (tx) => {
      const page = await store.rows(tx, filter, start, checkpoint.size, pageSize);
      const end = page.length < pageSize ? checkpoint.size - 1 : (page.at(-1)?.index ?? start) + 1;
      const between = complete ? await store.checkpoints(tx, start, Math.min(end, checkpoint.size - 1)) : [];
      const tiles = complete
        ? new Map<string, Uint8Array>()
        : await store.tiles(
            tx,
            page.flatMap(({ index }) => inclusionTiles(index, checkpoint.size)),
          );
      return { rows: page, notes: between, read: tileReader(tiles) };
    });
    for (const row of rows) {
      yield line({
        kind: 'record',
        ...recordLine(row),
        ...(complete ? {} : { proof: proofOf(row.index, checkpoint.size, read) }),
      });
      count += 1;
      from = row.index + 1;
      for (const note of notes.splice(0, notes.filter(({ size }) => size <= from).length))
        yield line({ kind: 'checkpoint', note: note.note });
    }
    if (rows.length < pageSize) break;
  }
  yield line({ kind: 'end', count });
}

function recordLine({ index, leaf, hash, row }: ArchivedRow) {
  return { index, leaf: leaf.toString('utf8'), hash: encodeBase64(hash ?? new Uint8Array(32)), row };
}

function proofOf(index: number, size: number, read: TileReader): string[] {
  return inclusionProof(sha256, index, size, read).map(encodeBase64);
}

function tileReader(tiles: ReadonlyMap<string, Uint8Array>): TileReader {
  return ({ level, index }) => tiles.get(`${level}/${index}`) ?? new Uint8Array();
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
