import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { checkBlobKey } from './blob-key.js';
import {
  BlobStore,
  type ByteRange,
  leaveToReader,
  type PutOptions,
  resolveRange,
  type StoredBlob,
} from './blob-store.js';
import { blobExists, blobNotFound, fileFault, systemCode } from './blob-errors.js';
import { ChunkMeter } from './chunk-meter.js';
import { giveBack } from './give-back.js';

const kibibyte = 1024;
/** A file that comes or goes holds three of these: smaller ones cost more trips to the thread pool, larger ones gain nothing. */
const atOnce = 256 * kibibyte;

/**
 * Blobs as files: `<root>/blobs/ab/cd/<key>`, sharded by the key's SHA-256 because ids that begin with a time would all fall
 * into one folder. A blob is written to `<root>/unfinished/`, flushed, and linked to its name: `link` fails where the name is
 * taken, which `rename` would silently replace.
 */
export class FileBlobStore extends BlobStore {
  readonly direct = null;
  readonly #unfinished: string;

  private constructor(private readonly root: string) {
    super();
    this.#unfinished = join(root, 'unfinished');
  }

  /** Makes the folders where they are missing. */
  static async open(root: string): Promise<FileBlobStore> {
    const store = new FileBlobStore(root);
    try {
      await mkdir(join(root, 'blobs'), { recursive: true, mode: 0o700 });
      await mkdir(store.#unfinished, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fileFault(error, root);
    }
    return store;
  }

  async put(key: string, body: Readable, options: PutOptions = {}): Promise<StoredBlob> {
    const path = this.#path(key);
    const temporary = join(this.#unfinished, `${key}.${randomUUID()}`);
    body.on('error', leaveToReader);
    try {
      if ((await this.stat(key)) !== undefined) throw blobExists(key);
      const stored = await this.#write(temporary, body, options);
      await this.#publish(temporary, path);
      return stored;
    } catch (error) {
      body.destroy();
      if (systemCode(error) === 'EEXIST') throw blobExists(key);
      throw fileFault(error, this.root);
    } finally {
      await unlink(temporary).catch(ignoreMissing);
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const path = this.#path(key);
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw blobNotFound(key);
      throw fileFault(error, this.root);
    }
    try {
      const bounds = range === undefined ? {} : resolveRange(key, (await file.stat()).size, range);
      return file.createReadStream({ ...bounds, highWaterMark: atOnce });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    try {
      return { size: (await stat(this.#path(key))).size };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw fileFault(error, this.root);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      await unlink(path);
      await flushFolder(dirname(path));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw fileFault(error, this.root);
    }
  }

  async removeUnfinished(before: Date): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#unfinished)) {
      const path = join(this.#unfinished, name);
      const found = await stat(path).catch(ignoreMissing);
      if (found === undefined || found.mtime >= before) continue;
      await unlink(path).catch(ignoreMissing);
      removed += 1;
    }
    return removed;
  }

  /** Gathers what comes while the disk takes what came before: two batches of memory per upload, and the sender waits when both are full. */
  async #write(
    path: string,
    body: Readable,
    { mostBytes = Infinity, ownsChunks = false }: PutOptions,
  ): Promise<StoredBlob> {
    const meter = new ChunkMeter(mostBytes);
    const file = await open(path, 'wx', 0o600);
    let writing = Promise.resolve();
    const write = async (batch: Uint8Array[]): Promise<void> => {
      await writeAll(file, batch);
      if (ownsChunks) giveBack(batch);
    };
    try {
      let batch: Uint8Array[] = [];
      let gathered = 0;
      for await (const chunk of body) {
        const bytes: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        meter.pass(bytes);
        batch.push(bytes);
        gathered += bytes.byteLength;
        if (gathered < atOnce) continue;
        await writing;
        writing = write(batch);
        writing.catch(leaveToReader);
        batch = [];
        gathered = 0;
      }
      await writing;
      await write(batch);
      await file.datasync();
    } finally {
      await writing.catch(leaveToReader);
      await file.close();
    }
    return meter.stored();
  }

  /** The name appears only after the bytes are on disk, and lasts only once its folders are: every new level is flushed. */
  async #publish(temporary: string, path: string): Promise<void> {
    const shard = dirname(path);
    const made = await mkdir(shard, { recursive: true, mode: 0o700 });
    await link(temporary, path);
    await flushFolder(shard);
    if (made === undefined) return;
    await flushFolder(dirname(shard));
    await flushFolder(join(this.root, 'blobs'));
  }

  #path(key: string): string {
    const digest = createHash('sha256').update(checkBlobKey(key)).digest('hex');
    return join(this.root, 'blobs', digest.slice(0, 2), digest.slice(2, 4), key);
  }
}

/** `writev` may take less than it was given, when the disk fills up for example. */
async function writeAll(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let rest = [...batch];
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest);
    while (rest[0] !== undefined && bytesWritten >= rest[0].byteLength) bytesWritten -= rest.shift()?.byteLength ?? 0;
    if (rest[0] !== undefined && bytesWritten > 0) rest = [rest[0].subarray(bytesWritten), ...rest.slice(1)];
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
  return undefined;
}
