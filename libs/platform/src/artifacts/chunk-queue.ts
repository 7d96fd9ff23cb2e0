import { giveBack } from './give-back.js';

/** Chunks in the order in which they came, to be copied out in pieces of another size. */
export class ChunkQueue {
  #chunks: Uint8Array[] = [];
  /** Of the first chunk, that many bytes are gone. */
  #offset = 0;
  #byteLength = 0;

  /** @param ownsChunks Nobody else holds them: their memory is given back as soon as they are copied. */
  constructor(private readonly ownsChunks: boolean) {}

  get byteLength(): number {
    return this.#byteLength;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#byteLength += chunk.byteLength;
  }

  /**
   * Moves as many bytes as there are, or as fit; answers how many. By `fill`, because `set` and `copy` go byte by byte where the target is
   * shared between threads and not aligned as the chunk is: four times the time.
   */
  moveTo(target: Buffer): number {
    let moved = 0;
    let gone = 0;
    for (const chunk of this.#chunks) {
      const left = chunk.byteLength - this.#offset;
      const fits = Math.min(left, target.byteLength - moved);
      const bytes = fits === chunk.byteLength ? chunk : chunk.subarray(this.#offset, this.#offset + fits);
      if (fits > 0) target.fill(bytes, moved, moved + fits);
      moved += fits;
      this.#offset = fits < left ? this.#offset + fits : 0;
      if (fits < left) break;
      gone += 1;
    }
    const done = this.#chunks.splice(0, gone);
    if (this.ownsChunks) giveBack(done);
    this.#byteLength -= moved;
    return moved;
  }
}
