import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { BlobStore } from '@assay/platform/artifacts';
import { Config } from '@assay/platform/config';
import { Clock, newId } from '@assay/platform/database';
import { AppError, heldBy } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { fileTarget } from '../job-writes/write-target.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { ArtifactLocations } from './artifact-location.js';
import { FileStore } from './file.store.js';

/** Stores a file under a run or logged model: first the bytes under a new key, then, with the owner locked, the row that names them. */
@Injectable()
export class UploadArtifact {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly locations: ArtifactLocations,
    private readonly files: FileStore,
    private readonly blobs: BlobStore,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, path: string, body: Readable): Promise<void> {
    // Asked before the bytes come, so that a large upload to a sealed path fails at once; asked again below, under the lock.
    const target = fileTarget(path);
    await this.writes.transaction(actor, target, async (tx) =>
      this.locations.requireWritable(tx, actor, await this.locations.behindProxy(tx, actor, path, false)),
    );
    const blobKey = newId();
    const stored = await this.blobs.put(blobKey, body, {
      mostBytes: this.config.artifacts.maxBytes,
      ownsChunks: body instanceof IncomingMessage, // what a socket brought, nobody else holds
    });
    try {
      await this.writes.transaction(actor, target, async (tx) => {
        const location = await this.locations.behindProxy(tx, actor, path, true);
        await this.locations.requireWritable(tx, actor, location);
        await this.files.put(
          tx,
          location.owner,
          { path: location.path, blobKey, ...stored },
          actor,
          this.clock.now().getTime(),
        );
      });
    } catch (error) {
      // Only where it is certain that nothing was committed: a row without its bytes would be worse than bytes without a row.
      if (error instanceof AppError || heldBy(error) !== null) await this.blobs.delete(blobKey);
      throw error;
    }
  }
}
