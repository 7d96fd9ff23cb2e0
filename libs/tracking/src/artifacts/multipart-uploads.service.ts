import type { Actor } from '@assay/contracts';
import { BlobStore, blobTooLarge, digestOf, type DirectTransfers, type UploadedPart } from '@assay/platform/artifacts';
import { Config } from '@assay/platform/config';
import { Clock, newId, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable, Logger } from '@nestjs/common';
import { fileTarget } from '../job-writes/write-target.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { ArtifactLocations } from './artifact-location.js';
import { FileStore } from './file.store.js';
import { type MultipartUpload, MultipartUploadStore } from './multipart-upload.store.js';

/** How long parts may be sent. Ends before the sweep that takes unfinished uploads away. */
const linkSeconds = 12 * 3600;

export interface BegunUpload {
  readonly uploadId: string;
  /** The address of each part, in order. */
  readonly partUrls: readonly string[];
}

/**
 * Large files that clients send to the store itself, in parts. The file has no row until the parts are joined and the whole of it was read
 * back and hashed, for no store tells the SHA-256 of what it joined (docs/adr/0012).
 */
@Injectable()
export class MultipartUploads {
  readonly #logger = new Logger(MultipartUploads.name);
  /** Uploads that are being completed here: a client that lost patience and asks again waits for the same work. */
  readonly #completing = new Map<string, Promise<void>>();

  constructor(
    private readonly writes: TrackingWrites,
    private readonly locations: ArtifactLocations,
    private readonly files: FileStore,
    private readonly uploads: MultipartUploadStore,
    private readonly blobs: BlobStore,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async begin(actor: Actor, path: string, partCount: number): Promise<BegunUpload> {
    await this.writes.transaction(actor, fileTarget(path), async (tx) =>
      this.locations.requireWritable(tx, actor, await this.locations.behindProxy(tx, actor, path, false)),
    );
    const direct = this.#direct();
    const blobKey = newId();
    const storageUploadId = await direct.begin(blobKey);
    const id = newId();
    try {
      await this.writes.transaction(actor, fileTarget(path), async (tx) => {
        const { owner, path: inOwner } = await this.locations.behindProxy(tx, actor, path, false);
        const upload = { id, path: inOwner, blobKey, storageUploadId, partCount };
        const now = this.clock.now().getTime();
        await this.uploads.insert(tx, owner, upload, now);
        await this.files.contribute(tx, owner, actor, now);
      });
    } catch (error) {
      await direct.abort(blobKey, storageUploadId);
      throw error;
    }
    const partUrls: string[] = [];
    for (let number = 1; number <= partCount; number += 1)
      partUrls.push(await direct.partUrl(blobKey, storageUploadId, number, linkSeconds));
    return { uploadId: id, partUrls };
  }

  /** Joins the parts and gives the file its row. Asked again, it answers as before. */
  async complete(actor: Actor, path: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const upload = await this.writes.transaction(actor, fileTarget(path), async (tx) => {
      const found = await this.#found(tx, actor, path, uploadId);
      if (!found.completed)
        await this.locations.requireWritable(tx, actor, await this.locations.behindProxy(tx, actor, path, false));
      return found;
    });
    if (upload.completed) return;
    const sorted = parts.toSorted((a, b) => a.number - b.number);
    if (sorted.length !== upload.partCount || sorted.some(({ number }, place) => number !== place + 1)) {
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `Invalid value for parameter 'parts' supplied: the upload has ${upload.partCount} parts, and each must be named once.`,
      );
    }
    const running =
      this.#completing.get(uploadId) ??
      this.#join(actor, path, upload, sorted).finally(() => this.#completing.delete(uploadId));
    this.#completing.set(uploadId, running);
    await running;
  }

  /** Throws the parts away. Once that is committed the answer is yes: what the store does not let go of now, the sweep takes away. */
  async abort(actor: Actor, path: string, uploadId: string): Promise<void> {
    const upload = await this.writes.transaction(actor, fileTarget(path), async (tx) => {
      const found = await this.#found(tx, actor, path, uploadId);
      if (found.completed)
        throw new AppError('RESOURCE_CONFLICT', 'This upload was completed: delete the file if you do not want it.');
      await this.uploads.discard(tx, uploadId, this.clock.now().getTime());
      return found;
    });
    try {
      await this.#direct().abort(upload.blobKey, upload.storageUploadId);
      await this.blobs.delete(upload.blobKey); // joined by a request to complete that got no further
    } catch (error) {
      this.#leaveToSweep(uploadId, error);
    }
  }

  async #join(actor: Actor, path: string, upload: MultipartUpload, parts: readonly UploadedPart[]): Promise<void> {
    const { blobKey } = upload;
    const joined = await this.#direct().complete(blobKey, upload.storageUploadId, parts);
    // Not this time, but perhaps by an earlier request that got no further.
    const stat = await this.blobs.stat(blobKey);
    if (!joined && stat === undefined) throw uploadUnknown();
    try {
      const { maxBytes } = this.config.artifacts;
      if (stat !== undefined && stat.size > maxBytes) throw blobTooLarge(maxBytes);
      const stored = await digestOf(await this.blobs.get(blobKey));
      await this.writes.transaction(actor, fileTarget(path), async (tx) => {
        const location = await this.locations.behindProxy(tx, actor, path, true);
        const { completed } = await this.#found(tx, actor, path, upload.id);
        if (completed) return;
        await this.locations.requireWritable(tx, actor, location);
        const now = this.clock.now().getTime();
        await this.files.put(tx, location.owner, { path: location.path, blobKey, ...stored }, actor, now);
        await this.uploads.markCompleted(tx, upload.id, now);
      });
    } catch (error) {
      if (error instanceof AppError && error.kind.status < 500) await this.#giveUp(actor, path, upload);
      throw error;
    }
  }

  /** Removes the bytes where it is certain that no row names them: another request to complete may have come to its end. */
  async #giveUp(actor: Actor, path: string, { id, blobKey }: MultipartUpload): Promise<void> {
    try {
      const isNoFile = await this.writes.transaction(actor, fileTarget(path), (tx) =>
        this.uploads.discard(tx, id, this.clock.now().getTime()),
      );
      if (isNoFile) await this.blobs.delete(blobKey);
    } catch (error) {
      this.#leaveToSweep(id, error);
    }
  }

  #leaveToSweep(id: string, error: unknown): void {
    this.#logger.warn(
      `the bytes of upload ${id} are left to the sweep: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  async #found(
    tx: Tx,
    actor: Actor,
    path: string,
    uploadId: string,
  ): Promise<MultipartUpload & { completed: boolean }> {
    const location = await this.locations.behindProxy(tx, actor, path, false);
    const found = await this.uploads.lock(tx, location.owner, location.path, uploadId);
    if (found === null) throw uploadUnknown();
    return found;
  }

  #direct(): DirectTransfers {
    const { direct } = this.blobs;
    if (direct !== null) return direct;
    // MLflow's client looks for these first words, and sends the file whole instead.
    throw new AppError(
      'NOT_IMPLEMENTED',
      'Multipart upload is not supported for the current artifact repository: clients do not reach an S3 store. Send the file whole.',
    );
  }
}

function uploadUnknown(): AppError {
  return new AppError(
    'RESOURCE_DOES_NOT_EXIST',
    'No upload of this id is under way for this file: it was aborted, or was begun more than a day ago. Begin another.',
  );
}
