import { createHash } from 'node:crypto';
import { blobTooLarge } from './blob-errors.js';
import type { StoredBlob } from './blob-store.js';

/** Counts and hashes what passes by, and refuses more than is allowed. */
export class ChunkMeter {
  readonly #hash = createHash('sha256');
  #size = 0;

  constructor(private readonly mostBytes: number) {}

  /** @throws PAYLOAD_TOO_LARGE */
  pass(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    if (this.#size > this.mostBytes) throw blobTooLarge(this.mostBytes);
    this.#hash.update(chunk);
  }

  /** Of everything that passed; asked once, at the end. */
  stored(): StoredBlob {
    return { size: this.#size, sha256: this.#hash.digest('hex') };
  }
}
