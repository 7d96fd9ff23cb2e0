import { BlobStore } from '@assay/platform/artifacts';
import { Clock, type Database, InjectDatabase, RepeatedWork, acrossWorkspaces } from '@assay/platform/database';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type MultipartUpload, MultipartUploadStore } from './multipart-upload.store.js';

const hour = 3_600_000;
/** Twice as long as the addresses of parts hold. */
const abandonedAfter = 24 * hour;
/** Longer than a request to complete takes: what such a request joined while the upload was given up is there by then. */
const settledAfter = hour;
const atOnce = 500;

/** Takes away what clients began to upload in parts and gave up or never completed: at the start, then every hour. */
@Injectable()
export class SweepUploads implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(SweepUploads.name);
  readonly #repeated = new RepeatedWork(SweepUploads.name, hour, async () => {
    const removed = await this.execute();
    return removed === 0 ? null : `removed ${removed} abandoned uploads`;
  });

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly uploads: MultipartUploadStore,
    private readonly blobs: BlobStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.blobs.direct !== null) this.#repeated.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#repeated.stop();
  }

  /**
   * First such uploads are given up: whoever is completing one this moment finds none under its lock, and gives up its bytes. A row goes only
   * when the store has let go of the parts, and of what was joined of them, so that a store that fails is asked again the next time.
   */
  async execute(): Promise<number> {
    return acrossWorkspaces(() => this.#sweep());
  }

  async #sweep(): Promise<number> {
    const now = this.clock.now().getTime();
    await this.database.transaction((tx) => this.uploads.discardBefore(tx, now - abandonedAfter, now - settledAfter));
    let removed = 0;
    for (let after = ''; ;) {
      const some = await this.database.read((tx) => this.uploads.discarded(tx, now - settledAfter, after, atOnce));
      for (const upload of some) if (await this.#removed(upload)) removed += 1;
      if (some.length < atOnce) return removed;
      after = some.at(-1)?.id ?? '';
    }
  }

  async #removed({ id, blobKey, storageUploadId }: MultipartUpload): Promise<boolean> {
    try {
      await this.blobs.direct?.abort(blobKey, storageUploadId);
      await this.blobs.delete(blobKey);
    } catch (error) {
      this.#logger.warn(`upload ${id} stays for now: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
    await this.database.transaction((tx) => this.uploads.remove(tx, id));
    return true;
  }
}
