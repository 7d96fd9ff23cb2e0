import { blockDigestsOf, BlobStore } from '@assay/platform/artifacts';
import { Clock, type Database, InjectDatabase, RepeatedWork, acrossWorkspaces } from '@assay/platform/database';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { BlobBlockStore, type DueBlob } from './blob-block.store.js';

const everyMs = 10_000;
const retryAfterMs = 3_600_000;

/**
 * Makes the digests of the blocks of large files soon after they were sealed, so that a range of one can be checked without reading all of
 * it, and damage elsewhere in it spoils no range. A file found damaged is said in the log, again every hour.
 */
@Injectable()
export class KeepBlockDigests implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(KeepBlockDigests.name);
  readonly #repeated = new RepeatedWork(KeepBlockDigests.name, everyMs, async () => {
    const kept = await this.execute();
    return kept === 0 ? null : `made the block digests of ${kept} sealed files`;
  });
  #stopping = false;

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly blocks: BlobBlockStore,
    private readonly blobs: BlobStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#repeated.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    await this.#repeated.stop();
  }

  async execute(): Promise<number> {
    return acrossWorkspaces(() => this.#keepAll());
  }

  async #keepAll(): Promise<number> {
    for (let kept = 0; ;) {
      const notTriedSince = new Date(this.clock.now().getTime() - retryAfterMs);
      const due = this.#stopping ? null : await this.database.read((tx) => this.blocks.due(tx, notTriedSince));
      if (due === null) return kept;
      if (await this.#keep(due)) kept += 1;
    }
  }

  async #keep({ blobKey, sha256 }: DueBlob): Promise<boolean> {
    let digests: Buffer;
    try {
      digests = await blockDigestsOf(await this.blobs.get(blobKey), sha256);
    } catch (error) {
      this.#logger.error(`the sealed file ${blobKey}: ${error instanceof Error ? error.message : String(error)}`);
      await this.database.transaction((tx) => this.blocks.markTried(tx, blobKey, this.clock.now()));
      return false;
    }
    await this.database.transaction((tx) => this.blocks.keep(tx, blobKey, digests));
    return true;
  }
}
