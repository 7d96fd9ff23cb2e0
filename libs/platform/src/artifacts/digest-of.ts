import type { Readable } from 'node:stream';
import type { StoredBlob } from './blob-store.js';
import { ChunkMeter } from './chunk-meter.js';
import { giveBack } from './give-back.js';

/** Reads bytes through to the end, for their length and SHA-256. The stream's chunks are gone afterwards. */
export async function digestOf(body: Readable): Promise<StoredBlob> {
  const meter = new ChunkMeter(Infinity);
  for await (const chunk of body) {
    const bytes: Uint8Array = chunk;
    meter.pass(bytes);
    giveBack([bytes]);
  }
  return meter.stored();
}
