import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { StoredBlob } from './blob-store.js';

/** Reads bytes through to the end, for their length and SHA-256. */
export async function digestOf(body: Readable): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    const bytes: Uint8Array = chunk;
    hash.update(bytes);
    size += bytes.length;
  }
  return { size, sha256: hash.digest('hex') };
}
