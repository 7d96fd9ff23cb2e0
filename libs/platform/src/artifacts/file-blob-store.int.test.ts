import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBlobKey, describeBlobStore, someBytes } from './blob-store.conformance.js';
import { FileBlobStore } from './file-blob-store.js';

describe('FileBlobStore', () => {
  describeBlobStore(async () => {
    const root = await mkdtemp(join(tmpdir(), 'assay-blobs-'));
    return { store: await FileBlobStore.open(root), close: async () => rm(root, { recursive: true }) };
  });

  describe('on its disk', () => {
    let root: string;
    let store: FileBlobStore;
    beforeEach(async () => {
      root = await mkdtemp(join(tmpdir(), 'assay-blobs-'));
      store = await FileBlobStore.open(root);
    });
    afterEach(async () => {
      await rm(root, { recursive: true });
    });
    const files = async (): Promise<string[]> => {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    };

    it('keeps one private file per blob and nothing beside it', async () => {
      const key = aBlobKey();
      await store.put(key, Readable.from([Buffer.from('hello')]));
      const [path, ...rest] = await files();
      expect(rest).toEqual([]);
      expect(path).toMatch(new RegExp(`/blobs/[0-9a-f]{2}/[0-9a-f]{2}/${key}$`));
      expect(((await stat(path ?? '')).mode & 0o777).toString(8)).toBe('600');
    });

    it('spreads ids that were made one after the other over many folders', async () => {
      for (let index = 0; index < 30; index += 1)
        await store.put(`0197-sequence-${String(index).padStart(4, '0')}`, Readable.from(['x']));
      expect((await readdir(join(root, 'blobs'))).length).toBeGreaterThan(20);
    });

    it('ignores what an upload left behind that was cut off by a kill, and removes it only when it is old', async () => {
      const key = aBlobKey();
      const abandoned = join(root, 'unfinished', `${key}.half`);
      await writeFile(abandoned, 'half of the by');
      const reopened = await FileBlobStore.open(root);
      expect(await reopened.stat(key)).toBeUndefined();
      expect(await reopened.put(key, Readable.from(['the whole bytes']))).toMatchObject({ size: 15 });
      expect(await reopened.removeUnfinished(new Date(Date.now() - 3_600_000))).toBe(0);
      expect(await reopened.removeUnfinished(new Date(Date.now() + 3_600_000))).toBe(1);
      expect((await files()).map((path) => path.split('/').at(-1))).toEqual([key]);
    });

    it('has a blob whole or not at all when the writer is killed', async () => {
      // The same steps as the store's, in a process that dies between writing the bytes and giving them their name.
      const script = `
        const { open } = require('node:fs/promises');
        (async () => {
          const file = await open(process.argv[1], 'wx');
          await file.write(Buffer.alloc(1_000_000, 7));
          process.stdout.write('written');
          setInterval(() => {}, 1000);
        })();`;
      const key = aBlobKey();
      const child = spawn(process.execPath, ['-e', script, join(root, 'unfinished', `${key}.1`)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      await expect(store.get(key)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
      expect(await store.put(key, Readable.from([someBytes(10)]))).toMatchObject({ size: 10 });
      expect(await readFile((await files()).find((path) => path.endsWith(key)) ?? '')).toEqual(someBytes(10));
    });

    it.each([0, 1, 524_287, 524_288, 524_289, 786_432, 4_194_303, 4_194_304, 4_194_305])(
      'stores %i bytes as they are, short or large',
      async (length) => {
        const key = aBlobKey();
        const bytes = someBytes(length);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const pieces = [bytes.subarray(0, 1000), bytes.subarray(1000, 300_001), bytes.subarray(300_001)];
        expect(await store.put(key, Readable.from(pieces))).toEqual({ size: length, sha256 });
        expect((await buffer(await store.get(key))).equals(bytes)).toBe(true);
      },
    );

    it('takes the next large file after many that broke off or were too large', async () => {
      const piece = someBytes(100_000);
      for (let round = 0; round < 10; round += 1) {
        const puts = Array.from({ length: 10 }, async (_, index) => {
          const breaksOff = Readable.from(
            (function* () {
              for (let sent = 0; sent < 3 + round + index; sent += 1) yield piece;
              throw new Error('the client went away');
            })(),
          );
          return store.put(aBlobKey(), breaksOff, { mostBytes: index < 5 ? Infinity : 600_000 });
        });
        for (const { status } of await Promise.allSettled(puts)) expect(status).toBe('rejected');
      }
      expect(await files()).toEqual([]);
      const key = aBlobKey();
      const bytes = someBytes(20 * 1024 * 1024 + 1);
      expect(await store.put(key, Readable.from([bytes]))).toMatchObject({ size: bytes.length });
      expect((await buffer(await store.get(key))).equals(bytes)).toBe(true);
    });

    it('says in one sentence that the folder cannot be used', async () => {
      const file = join(root, 'a-file');
      await writeFile(file, '');
      await expect(FileBlobStore.open(join(file, 'below'))).rejects.toMatchObject({
        code: 'TEMPORARILY_UNAVAILABLE',
        detail: expect.stringContaining(file),
      });
    });
  });
});
