import { BlobStore } from '@assay/platform/artifacts';
import { Clock, type Database, InjectDatabase } from '@assay/platform/database';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MultipartUploadStore } from './multipart-upload.store.js';

const hour = 3_600_000;
/** Twice as long as the addresses of parts hold. */
const abandonedAfter = 24 * hour;

/** Takes away what clients began to upload in parts and never completed: at the start, then every hour. */
@Injectable()
export class SweepUploads implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(SweepUploads.name);
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly uploads: MultipartUploadStore,
    private readonly blobs: BlobStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.blobs.direct === null) return;
    void this.#sweepOrSay();
    this.#timer = setInterval(() => void this.#sweepOrSay(), hour).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /**
   * The rows go first: whoever is completing such an upload this moment finds none under its lock, and gives up its bytes. A blob that was
   * joined and never got its row goes too.
   */
  async execute(): Promise<number> {
    const before = this.clock.now().getTime() - abandonedAfter;
    const abandoned = await this.database.transaction((tx) => this.uploads.removeBefore(tx, before));
    for (const { blobKey, storageUploadId } of abandoned) {
      await this.blobs.direct?.abort(blobKey, storageUploadId);
      await this.blobs.delete(blobKey);
    }
    return abandoned.length;
  }

  async #sweepOrSay(): Promise<void> {
    try {
      const removed = await this.execute();
      if (removed > 0) this.#logger.log(`removed ${removed} abandoned uploads`);
    } catch (error) {
      this.#logger.warn(
        `abandoned uploads could not be removed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
