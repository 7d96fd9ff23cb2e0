import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from './blob-store.js';

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  close(): Promise<void>;
}

let serial = 0;

/** A key as the platform makes them; fresh for every test. */
export function aBlobKey(): string {
  serial += 1;
  return `blob-${process.pid.toString(36)}-${Date.now().toString(36)}-${serial}`;
}

/** Bytes that differ in every place, so that a shifted or doubled part can't go unseen. */
export function someBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0, state = seed; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** In chunks of odd lengths, as a network gives them. */
function streamOf(bytes: Buffer, chunk = 65_521): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
    })(),
  );
}

/** What every adapter of `BlobStore` keeps. */
export function describeBlobStore(open: () => Promise<BlobStoreUnderTest>): void {
  let under: BlobStoreUnderTest;
  beforeAll(async () => {
    under = await open();
  });
  afterAll(async () => {
    await under?.close();
  });
  const read = async (key: string, range?: { start: number; end?: number }): Promise<Buffer> =>
    buffer(await under.store.get(key, range));

  describe('put and get', () => {
    for (const [name, length] of [
      ['an empty blob', 0],
      ['one byte', 1],
      ['a small blob', 70_000],
      ['exactly one part', 8 * 1024 * 1024],
      ['several parts', 17 * 1024 * 1024 + 3],
    ] as const) {
      it(`gives back ${name}, with the size and SHA-256 it was stored with`, async () => {
        const key = aBlobKey();
        const bytes = someBytes(length);
        expect(await under.store.put(key, streamOf(bytes))).toEqual({ size: length, sha256: sha256(bytes) });
        expect(sha256(await read(key))).toBe(sha256(bytes));
        expect(await under.store.stat(key)).toEqual({ size: length });
      });
    }

    it.each([70_000, 9 * 1024 * 1024])(
      'refuses to replace a blob (second of %i bytes) and keeps the first',
      async (length) => {
        const key = aBlobKey();
        const first = someBytes(1000);
        await under.store.put(key, streamOf(first));
        await expect(under.store.put(key, streamOf(someBytes(length, 2)))).rejects.toMatchObject({
          code: 'RESOURCE_CONFLICT',
        });
        expect(await read(key)).toEqual(first);
      },
    );

    it('lets exactly one of ten writers at once have the key', async () => {
      const key = aBlobKey();
      const contents = Array.from({ length: 10 }, (_, index) => someBytes(50_000, index + 1));
      const outcomes = await Promise.allSettled(contents.map(async (bytes) => under.store.put(key, streamOf(bytes))));
      const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(won).toHaveLength(1);
      const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(lost.map((error) => error.code)).toEqual(Array.from({ length: 9 }, () => 'RESOURCE_CONFLICT'));
      expect(sha256(await read(key))).toBe(won[0]?.sha256);
    });

    it.each([10, 9 * 1024 * 1024])(
      'stores nothing when the upload breaks off after %i bytes, and tells the cause',
      async (length) => {
        const key = aBlobKey();
        const broken = Readable.from(
          (function* () {
            yield someBytes(length);
            throw new Error('the client went away');
          })(),
        );
        await expect(under.store.put(key, broken)).rejects.toThrow('the client went away');
        expect(await under.store.stat(key)).toBeUndefined();
        await expect(under.store.get(key)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
      },
    );

    it('takes a key whose first upload broke off', async () => {
      const key = aBlobKey();
      const broken = new Readable({ read() {} });
      broken.destroy(new Error('cut'));
      await expect(under.store.put(key, broken)).rejects.toThrow('cut');
      expect(await under.store.put(key, streamOf(someBytes(5)))).toMatchObject({ size: 5 });
    });
  });

  describe('ranges', () => {
    const bytes = someBytes(100_000);
    const key = aBlobKey();
    beforeAll(async () => {
      await under.store.put(key, streamOf(bytes));
    });

    it.each([
      [{ start: 0, end: 0 }, 0, 1],
      [{ start: 10, end: 19 }, 10, 20],
      [{ start: 99_990 }, 99_990, 100_000],
      [{ start: 99_990, end: 1_000_000 }, 99_990, 100_000],
    ])('gives the bytes of %j', async (range, from, to) => {
      expect(await read(key, range)).toEqual(bytes.subarray(from, to));
    });

    it.each([{ start: 100_000 }, { start: -1 }, { start: 20, end: 10 }, { start: 0.5 }, { start: Number.NaN }])(
      'refuses %j',
      async (range) => {
        await expect(under.store.get(key, range)).rejects.toMatchObject({ code: 'RANGE_NOT_SATISFIABLE' });
      },
    );
  });

  describe('absence', () => {
    it('says undefined for the size of what is not there', async () => {
      expect(await under.store.stat(aBlobKey())).toBeUndefined();
    });

    it('deletes, also twice, and then has nothing', async () => {
      const key = aBlobKey();
      await under.store.put(key, streamOf(someBytes(10)));
      await under.store.delete(key);
      await under.store.delete(key);
      expect(await under.store.stat(key)).toBeUndefined();
    });
  });

  it.each([
    '',
    'short',
    '../../etc/passwd',
    '..',
    '.hidden-file',
    'a/b/c/d/e/f',
    'with space',
    'UPPERCASE-KEY',
    'nul\0byte-key',
    '%2e%2e%2fescape',
    'x'.repeat(121),
  ])('takes no key %j in any operation', async (key) => {
    await expect(under.store.put(key, Readable.from([]))).rejects.toThrow(TypeError);
    await expect(under.store.get(key)).rejects.toThrow(TypeError);
    await expect(under.store.stat(key)).rejects.toThrow(TypeError);
    await expect(under.store.delete(key)).rejects.toThrow(TypeError);
  });

  it('leaves whole blobs alone when it removes unfinished uploads', async () => {
    const key = aBlobKey();
    const bytes = someBytes(9 * 1024 * 1024);
    await under.store.put(key, streamOf(bytes));
    await under.store.removeUnfinished(new Date(Date.now() + 3_600_000));
    expect(sha256(await read(key))).toBe(sha256(bytes));
  });
}
