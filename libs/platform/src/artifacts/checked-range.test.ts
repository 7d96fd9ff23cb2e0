import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockBytes, blockDigestsOf, digestBytes } from './block-digests.js';
import { BlobStore, type ByteRange } from './blob-store.js';
import { checkedRange } from './checked-range.js';

const size = 2 * blockBytes + 1234;
const bytes = Buffer.alloc(size, 'sealed bytes, ');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const blocks = await blockDigestsOf(Readable.from(chunksOf(bytes, 700_001)), sha256);

describe('blockDigestsOf', () => {
  it('is the SHA-256 of each 8 MiB, however the bytes come', async () => {
    const expected = [0, 1, 2].map((block) =>
      createHash('sha256')
        .update(bytes.subarray(block * blockBytes, (block + 1) * blockBytes))
        .digest(),
    );
    expect(blocks).toEqual(Buffer.concat(expected));
    expect(await blockDigestsOf(Readable.from([Buffer.from(bytes)]), sha256)).toEqual(blocks);
  });

  it('has no block of an empty blob, and one of a small one: the digest of the whole', async () => {
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(await blockDigestsOf(Readable.from([]), digest(''))).toHaveLength(0);
    expect((await blockDigestsOf(Readable.from([Buffer.from('x')]), digest('x'))).toString('hex')).toBe(digest('x'));
  });

  it('is refused for bytes that are not those of the digest', async () => {
    await expect(blockDigestsOf(Readable.from([Buffer.from('x')]), sha256)).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
    });
  });
});

describe('checkedRange', () => {
  const read = async (stored: Buffer, start: number, end: number, chunk = 100_003): Promise<Buffer> =>
    buffer(await checkedRange(new StoredBytes(stored, chunk), { blobKey: 'k', size, blocks }, { start, end }));

  it('gives exactly the bytes asked for', async () => {
    const near = fc.constantFrom(0, blockBytes, 2 * blockBytes, size);
    const place = fc
      .tuple(near, fc.integer({ min: -70_000, max: 70_000 }))
      .map(([at, by]) => Math.min(Math.max(at + by, 0), size - 1));
    await fc.assert(
      fc.asyncProperty(place, place, fc.integer({ min: 50_000, max: 3_000_000 }), async (one, other, chunk) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        expect((await read(bytes, start, end, chunk)).equals(bytes.subarray(start, end + 1))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('refuses a range that begins in a damaged block, and serves the others', async () => {
    const damaged = flipped(blockBytes + 5);
    await expect(read(damaged, blockBytes + 100, blockBytes + 200)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect((await read(damaged, 10, 20)).equals(bytes.subarray(10, 21))).toBe(true);
    expect((await read(damaged, 2 * blockBytes, size - 1)).equals(bytes.subarray(2 * blockBytes))).toBe(true);
  });

  it('cuts a range that comes to a damaged block later', async () => {
    const body = await checkedRange(
      new StoredBytes(flipped(blockBytes + 5), 100_003),
      { blobKey: 'k', size, blocks },
      { start: 100, end: size - 1 },
    );
    let seen = 0;
    const reading = (async () => {
      for await (const chunk of body) seen += Buffer.from(chunk).length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(seen).toBe(blockBytes - 100);
  });

  it('refuses what has become shorter', async () => {
    await expect(read(bytes.subarray(0, size - 1), size - 10, size - 2)).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
    });
    await expect(read(bytes.subarray(0, blockBytes), blockBytes - 5, blockBytes + 5)).rejects.toThrow('damaged');
  });

  it('lets go of the stored file when its reader goes away', async () => {
    const store = new StoredBytes(bytes, 100_003);
    const body = await checkedRange(store, { blobKey: 'k', size, blocks }, { start: 0, end: size - 1 });
    body.once('data', () => body.destroy());
    await new Promise((resolve) => body.once('close', resolve));
    await expect.poll(() => store.opened.map((stream) => stream.destroyed)).toEqual([true]);
  });

  it('knows as many digests as there are blocks', () => {
    expect(blocks).toHaveLength(3 * digestBytes);
  });
});

function flipped(at: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
  return damaged;
}

function* chunksOf(all: Buffer, length: number): Generator<Buffer> {
  for (let from = 0; from < all.length; from += length) yield Buffer.from(all.subarray(from, from + length));
}

/** One blob, in memory. */
class StoredBytes extends BlobStore {
  readonly direct = null;
  readonly opened: Readable[] = [];

  constructor(
    private readonly stored: Buffer,
    private readonly chunk: number,
  ) {
    super();
  }

  async get(_key: string, range: ByteRange = { start: 0 }): Promise<Readable> {
    const body = Readable.from(
      chunksOf(this.stored.subarray(range.start, (range.end ?? this.stored.length - 1) + 1), this.chunk),
    );
    this.opened.push(body);
    return body;
  }

  async put(): Promise<never> {
    throw new Error('nothing is stored here');
  }

  async stat(): Promise<{ size: number }> {
    return { size: this.stored.length };
  }

  async delete(): Promise<void> {
    throw new Error('nothing is deleted here');
  }

  async removeUnfinished(): Promise<number> {
    return 0;
  }
}
