import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** To the thread. `file` is the upload's number; requests of all uploads are worked through in the order in which they come. */
export type WriterRequest =
  | { kind: 'write'; file: number; fd: number; chunks: Uint8Array[] }
  | { kind: 'finish'; file: number }
  | { kind: 'forget'; file: number };

/** From the thread: one for each request, in the same order. */
export type WriterAnswer = { sha256: string } | { message: string; system: { code: string; syscall: string } | null };

interface Waiting {
  readonly resolve: (sha256: string) => void;
  readonly reject: (reason: unknown) => void;
}

const ownThread = new URL(`./file-writer-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Hashes and writes large uploads on a thread of its own: SHA-256 and the page cache are more than half of what an upload costs, and beside
 * the main thread they run while it takes the next bytes from the socket. Chunks go over without being copied. The thread starts with the
 * first large upload and keeps the process alive only while it has work; if it dies, the uploads under way fail, and the next one starts
 * another.
 */
export class FileWriter {
  #worker: Worker | null = null;
  #files = 0;
  readonly #waiting: Waiting[] = [];

  constructor(private readonly thread = ownThread) {}

  /** One file to be written through an open descriptor, which stays open until everything asked for has settled. */
  begin(fd: number): FileInWriting {
    const worker = (this.#worker ??= this.#start());
    this.#files += 1;
    const file = this.#files;
    return {
      write: async (chunks) => {
        const moved = chunks.map(own);
        const request = { kind: 'write', file, fd, chunks: moved } satisfies WriterRequest;
        await this.#ask(
          worker,
          request,
          moved.map(({ buffer }) => buffer),
        );
      },
      finish: async () => this.#ask(worker, { kind: 'finish', file }, []),
      forget: async () => void (await this.#ask(worker, { kind: 'forget', file }, [])),
    };
  }

  /** Always of the thread that the file began on: another one would know only the end of it. */
  async #ask(worker: Worker, request: WriterRequest, moved: ArrayBuffer[]): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#worker !== worker) return reject(new Error('the thread that wrote this file has ended'));
      worker.postMessage(request, moved);
      if (this.#waiting.push({ resolve, reject }) === 1) worker.ref();
    });
  }

  #start(): Worker {
    const worker = new Worker(this.thread, { resourceLimits: { maxYoungGenerationSizeMb: 4 }, execArgv: [] });
    worker.unref();
    worker.on('message', (answer: WriterAnswer) => {
      const asked = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      if ('sha256' in answer) asked?.resolve(answer.sha256);
      else asked?.reject(Object.assign(new Error(answer.message), answer.system));
    });
    worker.on('error', (error) => this.#lost(worker, error));
    worker.on('exit', (code) => this.#lost(worker, new Error(`the thread that writes files ended with ${code}`)));
    return worker;
  }

  #lost(worker: Worker, reason: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}

/** A file that is on its way to the disk: every promise settles in the order of the calls. */
export interface FileInWriting {
  /** The chunks are gone afterwards, whoever else held them. */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** The SHA-256 of all that was written, in lower-case hex. */
  finish(): Promise<string>;
  /** Instead of `finish`. */
  forget(): Promise<void>;
}

/** The chunk itself where it has its memory for itself; a slice or a part of a pool is copied, because whole buffers go over. */
function own(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) return new Uint8Array(buffer);
  return new Uint8Array(chunk);
}
