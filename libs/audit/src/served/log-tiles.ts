import { type Database, InjectDatabase, acrossWorkspaces } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { encodeBase64 } from '@assay/pure/formats';
import {
  consistencyProof,
  consistencyTiles,
  encodeEntryBundle,
  formatTlogProof,
  hashSize,
  inclusionProof,
  inclusionTiles,
  parseTilePath,
  tileWidth,
  tileWidthAt,
  type TileCoordinate,
  type TileReader,
} from '@assay/pure/merkle';
import { Injectable } from '@nestjs/common';
import { LatestCheckpoint, type SignedCheckpoint } from '../log/latest-checkpoint.js';
import { leavesBetween, noteOfSize } from '../log/log.store.js';
import { SequencerService } from '../log/sequencer.service.js';
import { type KnownKey, signingKeys } from '../log/signing-key.store.js';
import { readTiles } from '../log/sequencing.store.js';
import { sha256 } from '../log/sha256.js';

/** What the log serves: its newest checkpoint, tiles, entry bundles, and proofs made of them. */
@Injectable()
export class LogTiles {
  constructor(
    @InjectDatabase('audit') private readonly database: Database,
    private readonly newest: LatestCheckpoint,
    private readonly sequencer: SequencerService,
  ) {}

  /** The newest signed checkpoint. */
  async checkpoint(): Promise<SignedCheckpoint> {
    const { damaged } = this.sequencer;
    if (damaged !== null)
      throw new AppError(
        'TEMPORARILY_UNAVAILABLE',
        `The audit log is not served: ${damaged}. Ask an administrator to compare it with an export or a kept checkpoint.`,
      );
    const checkpoint = await this.newest.refresh();
    if (checkpoint === null)
      throw new AppError('TEMPORARILY_UNAVAILABLE', 'The audit log has no checkpoint yet: try again in a second.');
    return checkpoint;
  }

  /** The keys that ever signed for this log, oldest first. */
  async keys(): Promise<KnownKey[]> {
    return acrossWorkspaces(() => this.database.read(signingKeys));
  }

  /** A tile or an entry bundle by its path below `/log/tile/`. Only what the newest checkpoint covers is there. */
  async resource(path: string): Promise<Uint8Array> {
    const wanted = parseTilePath(path);
    if (wanted === null)
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        `"${path}" is not the path of a tile: see https://c2sp.org/tlog-tiles for their form.`,
      );
    const { size } = await this.checkpoint();
    const level = 'level' in wanted ? wanted.level : 0;
    if (wanted.width > tileWidthAt(size, level, wanted.index))
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `The log of ${size} records has no tile ${path}.`);
    return 'level' in wanted ? this.tile(wanted) : this.entries(wanted.index, wanted.width);
  }

  /** The proof that one record is in the log, as a text that verifies offline. */
  async inclusion(index: number): Promise<string> {
    const checkpoint = await this.checkpoint();
    if (index >= checkpoint.size)
      throw new AppError(
        'TEMPORARILY_UNAVAILABLE',
        'The record is not yet under a signed checkpoint: try again in a second.',
      );
    const read = await this.reader(inclusionTiles(index, checkpoint.size));
    return formatTlogProof({
      index,
      hashes: inclusionProof(sha256, index, checkpoint.size, read),
      checkpoint: checkpoint.note,
    });
  }

  /** Audit paths of several records in the tree of one size. */
  async paths(indexes: readonly number[], size: number): Promise<Uint8Array[][]> {
    const read = await this.reader(indexes.flatMap((index) => inclusionTiles(index, size)));
    return indexes.map((index) => inclusionProof(sha256, index, size, read));
  }

  /** The proof that the log of one size is the beginning of the log of another. */
  async consistency(from: number, to: number): Promise<{ hashes: string[]; checkpoint: string | null }> {
    const { size } = await this.checkpoint();
    if (from > to || to > size)
      throw new AppError('INVALID_PARAMETER_VALUE', `"from" may not exceed "to", nor "to" the log's ${size} records.`);
    const read = await this.reader(consistencyTiles(from, to));
    return {
      hashes: consistencyProof(sha256, from, to, read).map(encodeBase64),
      checkpoint: await this.database.read((tx) => noteOfSize(tx, to)),
    };
  }

  private async tile(tile: TileCoordinate): Promise<Uint8Array> {
    const read = await this.reader([tile]);
    return read(tile).subarray(0, tile.width * hashSize);
  }

  private async entries(index: number, width: number): Promise<Uint8Array> {
    const leaves = await this.database.read((tx) => leavesBetween(tx, index * tileWidth, index * tileWidth + width));
    if (leaves.length !== width)
      throw new AppError(
        'TEMPORARILY_UNAVAILABLE',
        `The log is damaged: of the ${width} records of entry bundle ${index} only ${leaves.length} are there.`,
      );
    return encodeEntryBundle(leaves);
  }

  private async reader(tiles: readonly TileCoordinate[]): Promise<TileReader> {
    const distinct = [...new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile])).values()];
    const found = await acrossWorkspaces(() => this.database.read((tx) => readTiles(tx, distinct)));
    return ({ level, index, width }) => {
      const hashes = found.get(`${level}/${index}`);
      if (hashes !== undefined && hashes.length >= width * hashSize) return hashes;
      throw new AppError(
        'TEMPORARILY_UNAVAILABLE',
        `The log is damaged: tile ${index} of level ${level} is not there as a whole.`,
      );
    };
  }
}
