import { ProcessCaches } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** A run as the database last knew it: `revision` changes with everything that the run shows. */
export interface RunVersion {
  readonly number: number;
  readonly revision: number;
}

interface Rendered {
  readonly revision: number;
  readonly json: Buffer;
}

/** What is kept at most, with all that keeping it takes. */
export const mostRenderedBytes = 24 * 1024 * 1024;
/** What V8 and the allocator take for an entry beside its JSON: the map's slot, the objects of a buffer, and the header of its memory. */
const entryBytes = 700;

/**
 * Runs as the bytes of JSON that are sent, kept while there is room; those not asked for longest go first. A run is asked for by the revision that the
 * database holds at that moment, so what is kept here is never older than the answer it becomes part of, whichever process wrote last.
 */
@Injectable()
export class RenderedRuns {
  private readonly byNumber = new Map<number, Rendered>();
  private kept = 0;

  constructor(caches: ProcessCaches) {
    caches.add(() => this.clear());
  }

  /** Bytes in use; never above `mostRenderedBytes`. */
  get bytes(): number {
    return this.kept;
  }

  get({ number, revision }: RunVersion): Buffer | null {
    const found = this.byNumber.get(number);
    if (found === undefined || found.revision !== revision) return null;
    this.byNumber.delete(number); // a map keeps the order of insertion: asked for last, dropped last
    this.byNumber.set(number, found);
    return found.json;
  }

  /** Keeps the JSON, which must have its memory for itself (`ownBytes`): a part of a larger buffer would hold all of it. */
  put({ number, revision }: RunVersion, json: Buffer): void {
    this.drop(number);
    const bytes = json.length + entryBytes;
    if (bytes > mostRenderedBytes) return;
    for (const oldest of this.byNumber.keys()) {
      if (this.kept + bytes <= mostRenderedBytes) break;
      this.drop(oldest);
    }
    this.byNumber.set(number, { revision, json });
    this.kept += bytes;
  }

  private drop(number: number): void {
    const found = this.byNumber.get(number);
    if (found === undefined) return;
    this.kept -= found.json.length + entryBytes;
    this.byNumber.delete(number);
  }

  private clear(): void {
    this.byNumber.clear();
    this.kept = 0;
  }
}

/** A text as bytes in memory of their own: `Buffer.from` cuts short ones out of a pool that they share with whatever else was made then. */
export function ownBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
