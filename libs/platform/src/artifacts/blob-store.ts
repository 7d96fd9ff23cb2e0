import type { Readable } from 'node:stream';
import { blobRangeInvalid } from './blob-errors.js';
import type { DirectTransfers } from './direct-transfers.js';

/** What the store found out while it wrote: the caller puts both into its row. */
export interface StoredBlob {
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Both ends inclusive, as in an HTTP `Range`; without an end, up to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface PutOptions {
  /** More bytes than these are refused as soon as they come. */
  readonly mostBytes?: number;
  /** Nobody else holds the stream's chunks, so their memory is given back as soon as they are stored. */
  readonly ownsChunks?: boolean;
}

/**
 * Bytes under keys, written once. Two adapters, the file system and S3; `blob-store.conformance.ts` is what both keep.
 *
 * - A key is an id made by the platform, never text of a user, and is never used twice: `put` refuses a key that exists.
 * - A blob is there whole or not at all: when `put` has answered, it is durable; after a crash in between there is none.
 *   So write the blob first, then the row that names it, and give up the key when either fails.
 * - No listing and no metadata: Postgres knows path, size and digest.
 */
export abstract class BlobStore {
  /** Transfers between clients and the store itself; null where every byte goes through us. */
  abstract readonly direct: DirectTransfers | null;

  /**
   * Stores everything the stream gives and hashes it on the way.
   * @throws BLOB_EXISTS if the key is taken; PAYLOAD_TOO_LARGE; INSUFFICIENT_STORAGE if the store is full; the stream's own error if it fails.
   */
  abstract put(key: string, body: Readable, options?: PutOptions): Promise<StoredBlob>;

  /** @throws BLOB_NOT_FOUND; RANGE_NOT_SATISFIABLE if the range starts behind the last byte. */
  abstract get(key: string, range?: ByteRange): Promise<Readable>;

  abstract stat(key: string): Promise<{ size: number } | undefined>;

  /** Deleting what is not there is no error: a sweep may be repeated. */
  abstract delete(key: string): Promise<void>;

  /** Removes what uploads left behind that were cut off before `before`; answers how many. Needs no lock: keys are never reused. */
  abstract removeUnfinished(before: Date): Promise<number>;
}

/** The first and last byte to read of a blob of `size` bytes, or undefined for all of an empty one. */
export function resolveRange(key: string, size: number, range: ByteRange): { start: number; end: number } {
  const { start } = range;
  const end = Math.min(range.end ?? size - 1, size - 1);
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(range.end ?? 0);
  if (!whole || start < 0 || start >= size || (range.end ?? start) < start) throw blobRangeInvalid(key, size);
  return { start, end };
}

/** A stream that breaks before anybody reads it would end the process: the reader gets the same error a moment later. */
export function leaveToReader(): undefined {
  return undefined;
}
