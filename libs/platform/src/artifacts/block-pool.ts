/** Hashed, and put in line for the disk, at once: small enough to stay in a processor's cache from the socket to the hash. */
export const blockBytes = 256 * 1024;
const blocks = 64;
/** Never lent to be filled by and by. */
const keptBack = blocks / 4;
const wasmPageBytes = 64 * 1024;

/**
 * The blocks of memory that large uploads share with the thread that writes them. How many there are bounds both memory and the bytes that
 * wait for the disk: who finds none waits for its turn. Slow senders can't keep everything from others: the last blocks go only to uploads
 * that have the bytes to fill them.
 */
export class BlockPool {
  /** Of WebAssembly, because that begins at a page of the system's memory and direct writes ask for it; an ArrayBuffer begins anywhere. */
  readonly memory = sharedMemory(blocks * blockBytes);
  readonly #free = Array.from({ length: blocks }, (_, index) => index);
  readonly #waiting: { resolve: (block: number) => void; reject: (reason: Error) => void }[] = [];
  #closed: Error | null = null;

  /** A promise only where one has to be waited for. */
  take(): number | Promise<number> {
    if (this.#closed !== null) throw this.#closed;
    return this.#free.pop() ?? new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Whether a block may be taken before there is enough to fill it. */
  get hasPlenty(): boolean {
    return this.#free.length > keptBack;
  }

  bytesOf(block: number, from: number): Buffer {
    return Buffer.from(this.memory, block * blockBytes + from, blockBytes - from);
  }

  giveBack(block: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(block);
    else next.resolve(block);
  }

  /** Nobody gives blocks back any more. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}

function sharedMemory(bytes: number): SharedArrayBuffer {
  const pages = bytes / wasmPageBytes;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer;
}

/** The types of Node and of the language leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => {
    readonly buffer: SharedArrayBuffer;
  };
};
