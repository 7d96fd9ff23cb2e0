import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { WriterAnswer, WriterRequest, WriterSettings } from './file-writer.js';

// The thread behind `FileWriter`: it hashes blocks of shared memory and writes them to their files. It imports nothing but Node itself, so
// that it also runs as source.

const { memory, blockBytes, alignment, ...settings }: WriterSettings = workerData;
const mostBlocksAtOnce = 8;
/** A file that goes through the page cache is flushed while it comes, or its end would wait for all of it. */
const flushEvery = 16 * 1024 * 1024;
/** Past the page cache, where the system and the file system can: a copy less, and next to nothing left to flush at the end. */
let direct = settings.direct && constants.O_DIRECT !== undefined;

interface Piece {
  readonly block: number;
  readonly length: number;
}

/** One file. Only one write is under way at a time: the file system would line them up anyway, each on a thread of Node's pool. */
class OpenFile {
  readonly #number: number;
  readonly #path: string;
  readonly #hash = createHash('sha256');
  readonly #queue: Piece[] = [];
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();
  #flushing: Promise<void> = Promise.resolve();
  #file: FileHandle | null = null;
  #isDirect = false;
  #written = 0;
  #flushedTo = 0;
  #failure: unknown = null;

  constructor(number: number, path: string) {
    this.#number = number;
    this.#path = path;
  }

  /** Every piece but the last is a whole block. */
  add(piece: Piece): void {
    this.#queue.push(piece);
    if (!this.#isWriting) this.#writing = this.#writeQueued();
    // While the disk works: the block goes back only after the event loop has come round.
    if (this.#failure === null) this.#hash.update(bytesOf(piece.block, piece.length));
  }

  /** Answers the SHA-256. */
  async end(): Promise<string> {
    await this.#writing;
    await this.#flushing;
    try {
      if (this.#failure !== null) throw this.#failure;
      await this.#file?.truncate(this.#written); // a direct write of what was left was longer than that
    } finally {
      await this.#file?.close();
    }
    return this.#hash.digest('hex');
  }

  async #writeQueued(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0) {
      const pieces = this.#queue.splice(0, mostBlocksAtOnce);
      try {
        if (this.#failure === null) await this.#write(pieces);
      } catch (error) {
        this.#failure = error;
      }
      const failure = this.#failure === null ? null : told(this.#failure);
      send({ kind: 'written', file: this.#number, blocks: pieces.map(({ block }) => block), failure });
    }
    this.#isWriting = false;
  }

  async #write(pieces: readonly Piece[]): Promise<void> {
    try {
      this.#file ??= await this.#open();
      await writeAll(this.#file, pieces, this.#isDirect, this.#written);
    } catch (error) {
      if (!this.#isDirect || !isRefusal(error)) throw error;
      // This file system takes no direct writes; some say so only here, not when the file is opened.
      direct = false;
      await this.#file?.close();
      this.#file = null;
      return this.#write(pieces);
    }
    for (const { length } of pieces) this.#written += length;
    if (!this.#isDirect && this.#written - this.#flushedTo >= flushEvery) this.#flush(this.#file);
  }

  async #open(): Promise<FileHandle> {
    this.#isDirect = direct;
    return open(this.#path, constants.O_WRONLY | (direct ? constants.O_DIRECT : 0));
  }

  #flush(file: FileHandle): void {
    this.#flushedTo = this.#written;
    const before = this.#flushing;
    this.#flushing = (async () => {
      await before;
      try {
        await file.datasync();
      } catch (error) {
        this.#failure ??= error;
      }
    })();
  }
}

function bytesOf(block: number, length: number): Uint8Array {
  return new Uint8Array(memory, block * blockBytes, length);
}

/** A write may take less than it was given, when the disk fills up for example. */
async function writeAll(file: FileHandle, pieces: readonly Piece[], padded: boolean, position: number): Promise<void> {
  let rest = pieces.map(({ block, length }) => {
    const whole = padded ? Math.ceil(length / alignment) * alignment : length;
    return bytesOf(block, whole).fill(0, length);
  });
  let at = position;
  while (rest.length > 0) {
    let { bytesWritten: taken } = await file.writev(rest, at);
    at += taken;
    while (rest[0] !== undefined && taken >= rest[0].byteLength) taken -= rest.shift()?.byteLength ?? 0;
    if (rest[0] !== undefined && taken > 0) rest = [rest[0].subarray(taken), ...rest.slice(1)];
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EINVAL';
}

/** An error that goes from thread to thread loses everything but its message: what makes it a system's error is sent beside it. */
function told(error: unknown): { message: string; system: { code: string; syscall: string } | null } {
  if (!(error instanceof Error)) return { message: String(error), system: null };
  const isSystems = 'code' in error && 'syscall' in error;
  const system = isSystems ? { code: String(error.code), syscall: String(error.syscall) } : null;
  return { message: error.message, system };
}

function send(answer: WriterAnswer): void {
  parentPort?.postMessage(answer);
}

const files = new Map<number, OpenFile>();

parentPort?.on('message', (request: WriterRequest) => {
  const { kind, file: number } = request;
  if (kind === 'begin') files.set(number, new OpenFile(number, request.path));
  if (kind === 'write') files.get(number)?.add(request);
  if (kind !== 'end') return;
  const file = files.get(number);
  files.delete(number);
  file?.end().then(
    (sha256) => send({ kind: 'ended', file: number, sha256, failure: null }),
    (error) => send({ kind: 'ended', file: number, sha256: '', failure: told(error) }),
  );
});
