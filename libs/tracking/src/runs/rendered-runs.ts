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

const mostBytes = 24 * 1024 * 1024;

/**
 * Runs as the bytes of JSON that are sent, kept while there is room; those not asked for longest go first. A run is asked for by the revision that the
 * database holds at that moment, so what is kept here is never older than the answer it becomes part of, whichever process wrote last.
 */
@Injectable()
export class RenderedRuns {
  private readonly byNumber = new Map<number, Rendered>();
  private bytes = 0;

  constructor(caches: ProcessCaches) {
    caches.add(() => this.clear());
  }

  get({ number, revision }: RunVersion): Buffer | null {
    const found = this.byNumber.get(number);
    if (found === undefined || found.revision !== revision) return null;
    this.byNumber.delete(number); // a map keeps the order of insertion: asked for last, dropped last
    this.byNumber.set(number, found);
    return found.json;
  }

  put({ number, revision }: RunVersion, json: Buffer): void {
    this.drop(number);
    this.byNumber.set(number, { revision, json });
    this.bytes += json.length;
    for (const oldest of this.byNumber.keys()) {
      if (this.bytes <= mostBytes) return;
      this.drop(oldest);
    }
  }

  private drop(number: number): void {
    this.bytes -= this.byNumber.get(number)?.json.length ?? 0;
    this.byNumber.delete(number);
  }

  private clear(): void {
    this.byNumber.clear();
    this.bytes = 0;
  }
}
