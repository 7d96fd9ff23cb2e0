import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { blobDamaged } from './blob-errors.js';
import { giveBack } from './give-back.js';

/** A range of a large file is checked without the rest of it: by the digest of each of these blocks that it touches. */
export const blockBytes = 8 * 1024 * 1024;
export const digestBytes = 32;

/** The part of a chunk that belongs to the block at hand, and the rest. */
export function cutAtBlock(chunk: Uint8Array, filled: number): [Uint8Array, Uint8Array] {
  const room = blockBytes - filled;
  return chunk.byteLength <= room
    ? [chunk, chunk.subarray(chunk.byteLength)]
    : [chunk.subarray(0, room), chunk.subarray(room)];
}

/**
 * The SHA-256 of each block of a blob, one after the other. They are worth as much as the digest of the whole, because they are made of the
 * very bytes that agree with it.
 * @throws INTERNAL_ERROR if the whole has another digest.
 */
export async function blockDigestsOf(body: Readable, sha256: string): Promise<Buffer> {
  const whole = createHash('sha256');
  let block = createHash('sha256');
  let filled = 0;
  const digests: Buffer[] = [];
  for await (const chunk of body) {
    const bytes: Uint8Array = chunk;
    whole.update(bytes);
    for (let rest = bytes; rest.byteLength > 0;) {
      const [own, next] = cutAtBlock(rest, filled);
      block.update(own);
      filled += own.byteLength;
      rest = next;
      if (filled < blockBytes) continue;
      digests.push(block.digest());
      block = createHash('sha256');
      filled = 0;
    }
    giveBack([bytes]);
  }
  if (filled > 0) digests.push(block.digest());
  const found = whole.digest('hex');
  if (found !== sha256) throw blobDamaged(sha256, found);
  return Buffer.concat(digests);
}
