import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdtemp, open, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { blockBytes } from './block-pool.js';
import { someBytes } from './blob-store.conformance.js';
import { ChunkQueue } from './chunk-queue.js';
import { FileWriter, type FileWriterOptions } from './file-writer.js';

const mebibyte = 1024 * 1024;
/** More than there are blocks. */
const many = 100;

const patient = { timeout: 60_000 };

function queueOf(bytes: Uint8Array, chunk = 65_521): ChunkQueue {
  const queue = new ChunkQueue(false);
  for (let at = 0; at < bytes.length; at += chunk) queue.push(bytes.subarray(at, at + chunk));
  return queue;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('FileWriter', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-writer-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const create = async (name: string): Promise<string> => {
    await writeFile(join(folder, name), '');
    return join(folder, name);
  };

  const ways: [string, FileWriterOptions][] = [
    ['past the page cache', {}],
    ['through the page cache', { direct: false }],
    ['past the page cache until the file system refuses that', { alignment: 1 }],
  ];
  describe.each(ways)('%s', (_way, options) => {
    const around = [4096, blockBytes, 2 * blockBytes, 5 * mebibyte, 40 * mebibyte];
    const lengths = [0, 1, ...around.flatMap((length) => [length - 1, length, length + 1])];
    it('writes files of every length, and hashes them', async () => {
      const writer = new FileWriter(options);
      const source = someBytes(40 * mebibyte + 1);
      for (const length of lengths) {
        const bytes = source.subarray(0, length);
        const path = await create(String(length));
        const sum = await writer.begin(path).finish(queueOf(bytes));
        expect({ length, sum }).toEqual({ length, sum: sha256(bytes) });
        expect((await readFile(path)).equals(bytes), `the bytes of the file of ${length}`).toBe(true);
      }
    });

    it('writes several files at once, piece by piece, each in its order', async () => {
      const writer = new FileWriter(options);
      const contents = [1, 2, 3].map((seed) => someBytes(3_000_000, seed));
      const paths = await Promise.all(contents.map(async (_, index) => create(String(index))));
      const sums = await Promise.all(
        contents.map(async (bytes, index) => {
          const file = writer.begin(paths[index] ?? '');
          const queue = new ChunkQueue(false);
          for (let at = 0; at < bytes.length; at += 50_000) {
            queue.push(bytes.subarray(at, at + 50_000));
            await file.write(queue);
          }
          return file.finish(queue);
        }),
      );
      expect(sums).toEqual(contents.map(sha256));
      for (const [index, bytes] of contents.entries())
        expect((await readFile(paths[index] ?? '')).equals(bytes)).toBe(true);
    });

    it('lets the slowest of many senders keep nothing from the others', async () => {
      const writer = new FileWriter(options);
      const slow = await Promise.all(
        Array.from({ length: many }, async (_, index) => {
          const path = await create(`slow-${index}`);
          const file = writer.begin(path);
          const queue = queueOf(new Uint8Array([index]));
          await file.write(queue);
          return { path, file, queue };
        }),
      );
      const large = someBytes(20 * mebibyte);
      expect(await writer.begin(await create('large')).finish(queueOf(large))).toBe(sha256(large));
      for (const [index, { path, file, queue }] of slow.entries()) {
        queue.push(new Uint8Array([7]));
        await file.finish(queue);
        expect([...(await readFile(path))]).toEqual([index, 7]);
      }
    });

    it('has its memory back after uploads that were given up at any point', async () => {
      const writer = new FileWriter(options);
      const bytes = someBytes(2 * mebibyte);
      const givenUp = fc.record({ length: fc.nat(bytes.length), waits: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(givenUp, { minLength: 8, maxLength: 24 }), async (uploads) => {
          await Promise.all(
            uploads.map(async ({ length, waits }, index) => {
              const file = writer.begin(await create(`given-up-${index}`));
              const writing = Promise.resolve(file.write(queueOf(bytes.subarray(0, length)))).catch(() => undefined);
              if (waits) await writing;
              await file.forget();
              await writing;
            }),
          );
          expect(await writer.begin(await create('next')).finish(queueOf(bytes))).toBe(sha256(bytes));
        }),
        { numRuns: 20 },
      );
      const large = someBytes(20 * mebibyte);
      expect(await writer.begin(await create('large')).finish(queueOf(large))).toBe(sha256(large));
    });
  });

  it.skipIf(process.platform !== 'linux')('goes past the page cache where the file system lets it', async () => {
    const path = await create('a');
    const direct = await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => null);
    await direct?.close();
    const file = new FileWriter().begin(path);
    await file.write(queueOf(someBytes(blockBytes)));
    const flags = await vi.waitFor(async () => {
      const found = await flagsOf(path);
      expect(found).toHaveLength(1);
      return found[0] ?? 0;
    }, patient);
    expect((flags & constants.O_DIRECT) !== 0).toBe(direct !== null);
    await file.forget();
  });

  it.skipIf(process.platform !== 'linux')(
    'tells a full disk as the system does, has its memory back, and goes on with the next file',
    async () => {
      const writer = new FileWriter();
      for (let file = 0; file < many; file += 1) {
        const full = writer.begin('/dev/full'); // which takes no direct writes
        await expect(full.finish(queueOf(someBytes(blockBytes + 1)))).rejects.toMatchObject({
          code: 'ENOSPC',
          syscall: 'write',
        });
        await full.forget();
      }
      const bytes = someBytes(20 * mebibyte);
      expect(await writer.begin(await create('next')).finish(queueOf(bytes))).toBe(sha256(bytes));
    },
  );

  it('tells what went wrong to the upload that still sends', async () => {
    const file = new FileWriter().begin(join(folder, 'missing'));
    await expect(
      (async () => {
        for (;;) await file.write(queueOf(new Uint8Array(blockBytes)));
      })(),
    ).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' });
    await file.forget();
  });

  it('fails every file of a thread that dies, and starts another for the next', async () => {
    const mortal = new URL(
      `data:text/javascript,import { parentPort } from 'node:worker_threads';
       parentPort.on('message', ({ file, kind }) => {
         if (file === 1 && kind === 'write') process.exit(3);
         if (kind === 'end') parentPort.postMessage({ kind: 'ended', file, sha256: 'of ' + file, failure: null });
       });`,
    );
    const writer = new FileWriter({ script: mortal });
    const dies = writer.begin('dies');
    await dies.write(queueOf(new Uint8Array(1)));
    const bystander = writer.begin('bystander');
    const waiting = Promise.resolve(bystander.write(queueOf(new Uint8Array(many * blockBytes)))); // for blocks that never come back
    await expect(dies.finish(queueOf(new Uint8Array(0)))).rejects.toThrow('ended with 3');
    await expect(waiting).rejects.toThrow('ended with 3');
    await bystander.forget();
    expect(await writer.begin('next').finish(queueOf(new Uint8Array(0)))).toBe('of 1');
  });

  it('ends its thread when there was nothing to write for a while', async () => {
    const telling = new URL(
      `data:text/javascript,import { parentPort, threadId } from 'node:worker_threads';
       parentPort.on('message', ({ file, kind }) => {
         if (kind === 'end') parentPort.postMessage({ kind: 'ended', file, sha256: String(threadId), failure: null });
       });`,
    );
    const writer = new FileWriter({ script: telling, restMs: 1 });
    const nobody = queueOf(new Uint8Array(0));
    const first = await writer.begin('first').finish(nobody);
    await vi.waitFor(async () => expect(await writer.begin('next').finish(nobody)).not.toBe(first), patient);
  });
});

/** Of each descriptor of this process that is open on the file. */
async function flagsOf(path: string): Promise<number[]> {
  const flags: number[] = [];
  for (const fd of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${fd}`).catch(() => '')) !== path) continue;
    const told = /^flags:\s+(\d+)$/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
    flags.push(Number.parseInt(told, 8));
  }
  return flags;
}
