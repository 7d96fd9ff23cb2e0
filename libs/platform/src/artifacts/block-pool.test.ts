import { describe, expect, it } from 'vitest';
import { blockBytes, BlockPool } from './block-pool.js';

describe('BlockPool', () => {
  const all = (pool: BlockPool): number => pool.memory.byteLength / blockBytes;

  it('lends every block once, and the next to come back to who waited longest', async () => {
    const pool = new BlockPool();
    const lent = await Promise.all(Array.from({ length: all(pool) }, () => pool.take()));
    expect(new Set(lent).size).toBe(all(pool));
    const waiting = [pool.take(), pool.take()];
    pool.giveBack(5);
    pool.giveBack(9);
    expect(await Promise.all(waiting)).toEqual([5, 9]);
  });

  it('has no plenty long before it has nothing', () => {
    const pool = new BlockPool();
    let lent = 0;
    for (; pool.hasPlenty; lent += 1) void pool.take();
    expect(lent).toBe((all(pool) / 4) * 3);
  });

  it('gives blocks that touch, but never overlap', () => {
    const pool = new BlockPool();
    const whole = Buffer.from(pool.memory);
    for (let block = 0; block < all(pool); block += 1) pool.bytesOf(block, 0).fill(block);
    for (let block = 0; block < all(pool); block += 1)
      expect([whole[block * blockBytes], whole[(block + 1) * blockBytes - 1]]).toEqual([block, block]);
    expect(pool.bytesOf(0, 100).byteLength).toBe(blockBytes - 100);
  });

  it('lets nobody wait once it is closed', async () => {
    const pool = new BlockPool();
    for (let lent = 0; lent < all(pool); lent += 1) void pool.take();
    const waiting = Promise.resolve(pool.take());
    pool.close(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(() => pool.take()).toThrow('gone');
  });
});
