import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { blockBytes, BlockPool } from './block-pool.js';
import type { ChunkQueue } from './chunk-queue.js';

/** What the thread starts with. */
export interface WriterSettings {
  readonly memory: SharedArrayBuffer;
  readonly blockBytes: number;
  readonly direct: boolean;
  readonly alignment: number;
}

/** To the thread. `file` is the upload's number. */
export type WriterRequest =
  | { kind: 'begin'; file: number; path: string }
  | { kind: 'write'; file: number; block: number; length: number }
  | { kind: 'end'; file: number };

export interface WriterFailure {
  readonly message: string;
  readonly system: { code: string; syscall: string } | null;
}

/** From the thread. */
export type WriterAnswer =
  | { kind: 'written'; file: number; blocks: number[]; failure: WriterFailure | null }
  | { kind: 'ended'; file: number; sha256: string; failure: WriterFailure | null };

/** For tests. */
export interface FileWriterOptions {
  /** Past the page cache where the system allows it. */
  readonly direct?: boolean;
  /** What direct writes begin and end at: a page of memory, and at least the sector of every disk. */
  readonly alignment?: number;
  /** A thread without work ends after so long. */
  readonly restMs?: number;
  readonly script?: URL;
}

const ownScript = new URL(`./file-writer-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Hashes and writes large uploads on a thread of its own, past the page cache where the file system allows that (ADR 16): the main thread
 * takes the next bytes from the sockets and copies them into the blocks of a `BlockPool`, the writer's thread hashes block by block, and
 * the disk takes what was given to it before, all at the same time. The thread starts with the first large upload and ends after a rest,
 * its blocks with it; if it dies, the uploads under way fail, and the next one starts another.
 */
export class FileWriter {
  #thread: WriterThread | null = null;

  constructor(private readonly options: FileWriterOptions = {}) {}

  /** Writes to a file that is there, and empty. */
  begin(path: string): FileInWriting {
    this.#thread ??= this.#start();
    return this.#thread.begin(path);
  }

  #start(): WriterThread {
    const thread: WriterThread = new WriterThread(this.options, () => {
      if (this.#thread === thread) this.#thread = null;
    });
    return thread;
  }
}

/** One thread, the blocks that it shares, and the files that it has under way. */
class WriterThread {
  readonly #pool = new BlockPool();
  readonly #worker: Worker;
  readonly #files = new Map<number, FileInWriting>();
  #begun = 0;
  #rest: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: FileWriterOptions,
    private readonly takesNoMore: () => void,
  ) {
    const { direct = true, alignment = 4096, script = ownScript } = options;
    const workerData = { memory: this.#pool.memory, blockBytes, direct, alignment } satisfies WriterSettings;
    this.#worker = new Worker(script, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 4 }, execArgv: [] });
    this.#worker.on('message', (answer: WriterAnswer) => this.#hear(answer));
    this.#worker.on('error', (error) => this.#lose(error));
    this.#worker.on('exit', (code) => this.#lose(new Error(`the thread that writes files ended with ${code}`)));
  }

  begin(path: string): FileInWriting {
    clearTimeout(this.#rest);
    this.#worker.ref();
    this.#begun += 1;
    const number = this.#begun;
    const file = new FileInWriting(number, this.#pool, (request) => this.#worker.postMessage(request));
    this.#files.set(number, file);
    this.#worker.postMessage({ kind: 'begin', file: number, path } satisfies WriterRequest);
    return file;
  }

  #hear(answer: WriterAnswer): void {
    const file = this.#files.get(answer.file);
    const failure =
      answer.failure === null ? null : Object.assign(new Error(answer.failure.message), answer.failure.system);
    if (answer.kind === 'written') {
      if (failure !== null) file?.fail(failure);
      for (const block of answer.blocks) this.#pool.giveBack(block);
      return;
    }
    this.#files.delete(answer.file);
    if (this.#files.size === 0) this.#comeToRest();
    if (failure === null) file?.end(answer.sha256);
    else file?.endWith(failure);
  }

  /** Without work it keeps no process alive, and ends itself after a while. */
  #comeToRest(): void {
    this.#worker.unref();
    this.#rest = setTimeout(() => {
      this.takesNoMore();
      void this.#worker.terminate();
    }, this.options.restMs ?? 5_000).unref();
  }

  #lose(reason: Error): void {
    this.takesNoMore();
    clearTimeout(this.#rest);
    this.#pool.close(reason);
    for (const file of this.#files.values()) file.endWith(reason);
    this.#files.clear();
  }
}

/** A file that is on its way to the disk. */
export class FileInWriting {
  readonly #ended = Promise.withResolvers<string>();
  /** The block that is being filled. */
  #block: number | null = null;
  #filled = 0;
  #failure: Error | null = null;
  #isOver = false;

  constructor(
    private readonly number: number,
    private readonly pool: BlockPool,
    private readonly ask: (request: WriterRequest) => void,
  ) {
    this.#ended.promise.catch(leaveToFinish);
  }

  /**
   * Takes what is in the queue, or leaves it there until it fills a block. Answers a promise only where it has to wait for memory; until
   * that settles there may be no other call but `forget`.
   * @throws what went wrong with what was written before.
   */
  write(chunks: ChunkQueue): Promise<void> | undefined {
    return this.#write(chunks, false);
  }

  /** The SHA-256 of all that was written, in lower-case hex, when the system has it all. It is not flushed yet. */
  async finish(chunks: ChunkQueue): Promise<string> {
    await this.#write(chunks, true);
    if (this.#filled > 0) this.#send();
    this.#over();
    return this.#ended.promise;
  }

  /** Instead of `finish`, or after it failed: returns when nothing is written any more. */
  async forget(): Promise<void> {
    this.fail(new Error('the upload was given up'));
    this.#over();
    await this.#ended.promise.catch(leaveToFinish);
  }

  /** To be told by the next call. */
  fail(reason: Error): void {
    this.#failure ??= reason;
  }

  end(sha256: string): void {
    this.#ended.resolve(sha256);
  }

  endWith(reason: Error): void {
    this.fail(reason);
    this.#ended.reject(reason);
  }

  #write(chunks: ChunkQueue, isLast: boolean): Promise<void> | undefined {
    while (chunks.byteLength > 0) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#block === null) {
        if (chunks.byteLength < blockBytes && !isLast && !this.pool.hasPlenty) return undefined;
        const block = this.pool.take();
        if (typeof block !== 'number') return this.#writeLater(block, chunks, isLast);
        this.#block = block;
      }
      // At once, while the bytes are still in the processor's cache.
      this.#filled += chunks.moveTo(this.pool.bytesOf(this.#block, this.#filled));
      if (this.#filled === blockBytes) this.#send();
    }
    return undefined;
  }

  async #writeLater(waited: Promise<number>, chunks: ChunkQueue, isLast: boolean): Promise<void> {
    this.#block = await waited;
    if (this.#isOver) this.#dropBlock();
    await this.#write(chunks, isLast);
  }

  #send(): void {
    if (this.#block !== null) this.ask({ kind: 'write', file: this.number, block: this.#block, length: this.#filled });
    this.#block = null;
    this.#filled = 0;
  }

  #dropBlock(): void {
    if (this.#block !== null) this.pool.giveBack(this.#block);
    this.#block = null;
    this.#filled = 0;
  }

  #over(): void {
    this.#dropBlock();
    if (!this.#isOver) this.ask({ kind: 'end', file: this.number });
    this.#isOver = true;
  }
}

function leaveToFinish(): undefined {
  return undefined;
}
