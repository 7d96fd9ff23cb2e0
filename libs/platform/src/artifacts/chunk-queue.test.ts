import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkQueue } from './chunk-queue.js';

describe('ChunkQueue', () => {
  it('gives every byte once and in order, however chunks and targets are cut', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.array(bytes), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (chunks, lengths) => {
        const queue = new ChunkQueue(false);
        for (const chunk of chunks) queue.push(chunk);
        const given: Buffer[] = [];
        for (let turn = 0; queue.byteLength > 0; turn += 1) {
          const before = queue.byteLength;
          const target = Buffer.alloc(lengths[turn % lengths.length] ?? 1);
          const moved = queue.moveTo(target);
          expect(moved).toBe(Math.min(before, target.length));
          expect(queue.byteLength).toBe(before - moved);
          given.push(target.subarray(0, moved));
        }
        expect(Buffer.concat(given)).toEqual(Buffer.concat(chunks));
      }),
    );
  });

  it('gives the memory of its own chunks back once they are copied whole, and of no others', () => {
    const chunks = [new Uint8Array(10), new Uint8Array(10), new Uint8Array(100).subarray(5, 15)];
    const own = new ChunkQueue(true);
    const others = new ChunkQueue(false);
    for (const chunk of chunks) own.push(chunk);
    for (const chunk of chunks) others.push(new Uint8Array(chunk));
    own.moveTo(Buffer.alloc(15));
    expect(chunks.map(({ byteLength }) => byteLength)).toEqual([0, 10, 10]);
    own.moveTo(Buffer.alloc(15));
    expect(chunks.map(({ byteLength }) => byteLength)).toEqual([0, 0, 10]);
    const [foreign = new Uint8Array()] = chunks.slice(2);
    others.push(foreign);
    others.moveTo(Buffer.alloc(40));
    expect(foreign.byteLength).toBe(10);
  });
});
