import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { someBytes } from './blob-store.conformance.js';
import { FileWriter } from './file-writer.js';

describe('FileWriter', () => {
  let folder: string;
  const opened: FileHandle[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-writer-'));
  });
  afterEach(async () => {
    for (const file of opened.splice(0)) await file.close();
    await rm(folder, { recursive: true });
  });
  const create = async (path: string): Promise<number> => {
    const file = await open(path, 'w');
    opened.push(file);
    return file.fd;
  };

  it('writes several files at once, each in its order, and hashes each for itself', async () => {
    const writer = new FileWriter();
    const contents = [1, 2, 3].map((seed) => someBytes(300_000, seed));
    const paths = contents.map((_, index) => join(folder, String(index)));
    const files = await Promise.all(paths.map(async (path) => writer.begin(await create(path))));
    for (let at = 0; at < 300_000; at += 50_000)
      await Promise.all(
        files.map(async (file, index) => {
          const piece = contents[index]?.subarray(at, at + 50_000) ?? Buffer.alloc(0);
          await file.write([new Uint8Array(piece.subarray(0, 7)), new Uint8Array(piece.subarray(7))]);
        }),
      );
    for (const [index, bytes] of contents.entries()) {
      expect(await files[index]?.finish()).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(await readFile(paths[index] ?? '')).toEqual(bytes);
    }
  });

  it('takes the memory of what it writes, and only that: a slice leaves its buffer alone', async () => {
    const file = new FileWriter().begin(await create(join(folder, 'a')));
    const whole = new Uint8Array(1000);
    const slice = new Uint8Array(1000).subarray(10, 20);
    await file.write([whole, slice]);
    expect(whole.byteLength).toBe(0);
    expect(slice.byteLength).toBe(10);
    await file.forget();
  });

  it.skipIf(process.platform !== 'linux')(
    'tells a full disk as the system does, and goes on with the next file',
    async () => {
      const writer = new FileWriter();
      const full = writer.begin(await create('/dev/full'));
      await expect(full.write([new Uint8Array(10)])).rejects.toMatchObject({ code: 'ENOSPC', syscall: 'write' });
      await full.forget();
      const next = writer.begin(await create(join(folder, 'next')));
      await next.write([new Uint8Array([1])]);
      expect(await next.finish()).toBe(
        createHash('sha256')
          .update(new Uint8Array([1]))
          .digest('hex'),
      );
    },
  );

  it('fails every file of a thread that dies, and starts another for the next', async () => {
    const mortal = new URL(
      `data:text/javascript,import { parentPort } from 'node:worker_threads';
       parentPort.on('message', ({ file, kind }) => {
         if (file === 1 && kind === 'write') process.exit(3);
         parentPort.postMessage({ sha256: 'of ' + file });
       });`,
    );
    const writer = new FileWriter(mortal);
    const fd = await create(join(folder, 'a'));
    const dies = writer.begin(fd);
    const bystander = writer.begin(fd);
    await expect(dies.write([new Uint8Array(1)])).rejects.toThrow('ended with 3');
    await expect(bystander.finish()).rejects.toThrow('has ended');
    expect(await writer.begin(fd).finish()).toBe('of 3');
  });
});
