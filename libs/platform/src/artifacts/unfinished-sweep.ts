import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../database/index.js';
import { BlobStore } from './blob-store.js';

const hour = 3_600_000;
/** Longer than any upload takes: a request ends long before. */
const abandonedAfter = 24 * hour;

/** Removes what uploads left behind that a kill or a lost connection cut off: at the start, then every six hours. */
@Injectable()
export class UnfinishedSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(UnfinishedSweep.name);
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(BlobStore) private readonly store: BlobStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    void this.sweep();
    this.#timer = setInterval(() => void this.sweep(), 6 * hour).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async sweep(): Promise<number> {
    try {
      const removed = await this.store.removeUnfinished(new Date(this.clock.now().getTime() - abandonedAfter));
      if (removed > 0) this.#logger.log(`removed ${removed} unfinished uploads`);
      return removed;
    } catch (error) {
      this.#logger.warn(
        `unfinished uploads could not be removed: ${error instanceof Error ? error.message : String(error)}`,
      );
      return 0;
    }
  }
}
