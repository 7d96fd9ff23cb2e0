import { describe, expect, it } from 'vitest';
import { Coalescer } from './coalescer.js';

describe('the coalescer', () => {
  it('asks at once while there is room, and together what came meanwhile', async () => {
    const batches: (readonly number[])[] = [];
    const gates: (() => void)[] = [];
    const doubles = new Coalescer(async (keys: readonly number[]) => {
      batches.push(keys);
      await new Promise<void>((open) => gates.push(open));
      return keys.map((key) => key * 2);
    });
    const answers = [1, 2, 3, 4, 5].map((key) => doubles.ask(key));
    expect(batches).toEqual([[1], [2]]);
    gates.shift()?.();
    expect(await answers[0]).toBe(2);
    await Promise.resolve();
    expect(batches).toEqual([[1], [2], [3, 4, 5]]);
    for (const open of gates.splice(0)) open();
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10]);
  });

  it('fails those that asked together, and goes on with the next', async () => {
    let broken = true;
    const echo = new Coalescer(async (keys: readonly number[]) => {
      if (broken) throw new Error('gone');
      return keys;
    });
    await expect(echo.ask(1)).rejects.toThrow('gone');
    broken = false;
    await expect(echo.ask(2)).resolves.toBe(2);
  });
});
