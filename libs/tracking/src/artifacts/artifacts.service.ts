import type { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { BlobStore, blockBytes, blockDigestsOf, checkedRange } from '@assay/platform/artifacts';
import { Config } from '@assay/platform/config';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { ArtifactOwnerKind } from '@assay/pure/mlflow-wire';
import { SealedBlocks } from '@assay/registry-reads';
import { Injectable } from '@nestjs/common';
import { fileTarget } from '../job-writes/write-target.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { type ArtifactLocation, ArtifactLocations, folderPath } from './artifact-location.js';
import type { FolderEntry, StoredFile } from './artifact.js';
import { FileStore } from './file.store.js';

/** Within the file, both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is in a folder, and under which URI and path it lies. */
export interface Folder {
  readonly rootUri: string;
  readonly path: string;
  readonly entries: readonly FolderEntry[];
}

/** A client asks for another address when this one ends. */
const presignedSeconds = 900;

/** Lists, opens and deletes files of runs and logged models. */
@Injectable()
export class ArtifactsService {
  private readonly sealed = new SealedBlocks();

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly locations: ArtifactLocations,
    private readonly files: FileStore,
    private readonly blobs: BlobStore,
    private readonly config: Config,
  ) {}

  async list(actor: Actor, kind: ArtifactOwnerKind, id: string, path: string): Promise<Folder> {
    return this.database.read(async (tx) => {
      const { owner, path: folder } = await this.locations.ofOwner(tx, actor, kind, id, folderPath(path));
      return { rootUri: owner.artifactUri, path: folder, entries: await this.files.list(tx, owner, folder) };
    });
  }

  async listBehindProxy(actor: Actor, path: string): Promise<readonly FolderEntry[]> {
    return this.database.read(async (tx) => {
      const { owner, path: folder } = await this.locations.behindProxy(tx, actor, folderPath(path), false);
      return this.files.list(tx, owner, folder);
    });
  }

  async find(actor: Actor, kind: ArtifactOwnerKind, id: string, path: string): Promise<StoredFile> {
    return this.database.read(async (tx) => this.fileAt(tx, await this.locations.ofOwner(tx, actor, kind, id, path)));
  }

  async findBehindProxy(actor: Actor, path: string): Promise<StoredFile> {
    return this.database.read(async (tx) => this.fileAt(tx, await this.locations.behindProxy(tx, actor, path, false)));
  }

  /**
   * The bytes of a file. All of them come unchecked: whoever sends them whole checks them against its digest. A range of a sealed file is
   * checked by the blocks that it touches; where their digests were not made yet, by way of the whole file.
   */
  async open(file: StoredFile, range: ByteRange | null): Promise<Readable> {
    const { blobKey } = file;
    if (range === null) return this.blobs.get(blobKey);
    const sealed = await this.database.read((tx) => this.sealed.ofBlob(tx, blobKey));
    if (sealed === null) return this.blobs.get(blobKey, range);
    const { size, sha256 } = sealed;
    const whole = size <= blockBytes ? Buffer.from(sha256, 'hex') : sealed.blocks;
    const blocks = whole ?? (await blockDigestsOf(await this.blobs.get(blobKey), sha256));
    return checkedRange(this.blobs, { blobKey, size, blocks }, range);
  }

  /** An address at which the store itself gives a file, unchecked: on only where the operator allows that. */
  async presign(actor: Actor, path: string): Promise<{ url: string; file: StoredFile }> {
    const file = await this.findBehindProxy(actor, path);
    const direct = this.config.artifacts.presignedDownloads ? this.blobs.direct : null;
    if (direct === null) {
      throw new AppError(
        'NOT_IMPLEMENTED',
        'Multipart download is not supported for the current artifact repository: read files through the server, which checks their digest.',
      );
    }
    return { url: await direct.downloadUrl(file.blobKey, presignedSeconds), file };
  }

  /** Deletes a file or a folder with all below it. The bytes stay until retention collects them. */
  async delete(actor: Actor, path: string): Promise<void> {
    await this.writes.transaction(actor, fileTarget(path), async (tx) => {
      const location = await this.locations.behindProxy(tx, actor, path, true);
      await this.locations.requireChangeable(tx, actor, location);
      await this.files.remove(tx, location.owner, location.path);
    });
  }

  private async fileAt(tx: Tx, { owner, path }: ArtifactLocation): Promise<StoredFile> {
    const file = await this.files.find(tx, owner, path);
    if (file !== null) return file;
    if (await this.files.isFolder(tx, owner, path))
      throw new AppError('INVALID_PARAMETER_VALUE', `'${path}' is a folder: list it, and ask for its files.`);
    throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no artifact at '${path}'.`);
  }
}
