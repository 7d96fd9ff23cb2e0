import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { blockBytes, cutAtBlock, digestBytes } from './block-digests.js';
import { blobDamaged } from './blob-errors.js';
import type { BlobStore } from './blob-store.js';

export interface CheckedBlob {
  readonly blobKey: string;
  readonly size: number;
  /** SHA-256 of each block, one after the other. */
  readonly blocks: Buffer;
}

/**
 * The bytes of a range, each checked with the block that it lies in before it is given: at most one block is in memory. A range whose first
 * block is damaged is refused, one that comes to a damaged block later is cut there; damage outside the range is nobody's matter here.
 * @param range within the blob, both ends inclusive.
 */
export async function checkedRange(
  blobs: BlobStore,
  { blobKey, size, blocks }: CheckedBlob,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Readable> {
  const first = Math.floor(start / blockBytes);
  const from = first * blockBytes;
  const to = Math.min((Math.floor(end / blockBytes) + 1) * blockBytes, size);
  const body = await blobs.get(blobKey, { start: from, end: to - 1 });
  const chunks = cut(checkedChunks(body, { blocks, first, bytes: to - from }), start - from, end - start + 1);
  const begun = await chunks.next();
  return Readable.from(begun.done === true ? [] : continued(begun.value, chunks));
}

interface Expected {
  readonly blocks: Buffer;
  /** Number of the first block that the stream begins with. */
  readonly first: number;
  readonly bytes: number;
}

/** Whole blocks, in the chunks in which they came, after their digest agreed. */
async function* checkedChunks(body: Readable, { blocks, first, bytes }: Expected): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let filled = 0;
  let left = bytes;
  let block = first;
  try {
    for await (const chunk of body) {
      for (let rest: Uint8Array = chunk; rest.byteLength > 0;) {
        const [own, next] = cutAtBlock(rest, filled);
        held.push(own);
        filled += own.byteLength;
        left -= own.byteLength;
        rest = next;
        if (filled < blockBytes && left > 0) continue;
        check(held, blocks, block);
        yield* held;
        held = [];
        filled = 0;
        block += 1;
      }
    }
    if (left > 0) check(held, blocks, block); // the stored file has become shorter
  } finally {
    body.destroy();
  }
}

function check(chunks: readonly Uint8Array[], blocks: Buffer, block: number): void {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  const found = hash.digest('hex');
  const expected = blocks.subarray(block * digestBytes, (block + 1) * digestBytes).toString('hex');
  if (found !== expected) throw blobDamaged(expected, found);
}

/** The bytes from `skip` on, `length` of them. */
async function* cut(chunks: AsyncGenerator<Uint8Array>, skip: number, length: number): AsyncGenerator<Uint8Array> {
  let before = skip;
  let left = length;
  for await (const chunk of chunks) {
    const own = chunk.subarray(Math.min(before, chunk.byteLength), before + left);
    before = Math.max(before - chunk.byteLength, 0);
    left -= own.byteLength;
    if (own.byteLength > 0) yield own;
    if (left === 0) return;
  }
}

async function* continued(begun: Uint8Array, chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield begun;
    yield* chunks;
  } finally {
    await chunks.return(undefined); // a reader that goes away after the first chunk leaves the file open otherwise
  }
}
