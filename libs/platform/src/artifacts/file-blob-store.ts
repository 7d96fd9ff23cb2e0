import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { blockBytes } from './block-pool.js';
import { checkBlobKey } from './blob-key.js';
import {
  BlobStore,
  type ByteRange,
  leaveToReader,
  type PutOptions,
  resolveRange,
  type StoredBlob,
} from './blob-store.js';
import { blobExists, blobNotFound, blobTooLarge, fileFault, systemCode } from './blob-errors.js';
import { ChunkQueue } from './chunk-queue.js';
import { consume } from './consume.js';
import { type FileInWriting, FileWriter } from './file-writer.js';

/** A file that is read holds three of these: smaller ones cost more trips to the thread pool, larger ones gain nothing. */
const readAtOnce = 256 * 1024;
/** Shorter files are not worth the way to the writer's thread and back. */
const largeFrom = 2 * blockBytes;

/**
 * Blobs as files: `<root>/blobs/ab/cd/<key>`, sharded by the key's SHA-256 because ids that begin with a time would all fall
 * into one folder. A blob is written to `<root>/unfinished/`, flushed, and linked to its name: `link` fails where the name is
 * taken, which `rename` would silently replace.
 */
export class FileBlobStore extends BlobStore {
  readonly direct = null;
  readonly #unfinished: string;
  readonly #writer = new FileWriter();

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
      return file.createReadStream({ ...bounds, highWaterMark: readAtOnce });
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

  /** Short files are written from here; large ones go through the writer's thread as they come. */
  async #write(
    path: string,
    body: Readable,
    { mostBytes = Infinity, ownsChunks = false }: PutOptions,
  ): Promise<StoredBlob> {
    const file = await open(path, 'wx', 0o600);
    const chunks = new ChunkQueue(ownsChunks);
    let large: FileInWriting | undefined;
    let size = 0;
    try {
      await consume(body, (chunk) => {
        size += chunk.byteLength;
        if (size > mostBytes) throw blobTooLarge(mostBytes);
        chunks.push(chunk);
        if (large === undefined && chunks.byteLength < largeFrom) return undefined;
        large ??= this.#writer.begin(path);
        return large.write(chunks);
      });
      const sha256 = large === undefined ? await writeSmall(file, chunks) : await large.finish(chunks);
      await file.datasync();
      return { size, sha256 };
    } catch (error) {
      await large?.forget();
      throw error;
    } finally {
      await file.close();
    }
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

/** Without the thread: for a small file the way there and back costs more than the work. Answers the SHA-256. */
async function writeSmall(file: FileHandle, chunks: ChunkQueue): Promise<string> {
  const bytes = Buffer.allocUnsafe(chunks.byteLength);
  chunks.moveTo(bytes);
  await file.writeFile(bytes);
  return createHash('sha256').update(bytes).digest('hex');
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
