import { describe, expect, it } from 'vitest';
import { npmi } from './npmi.js';

describe('npmi', () => {
  it.each([
    ['always together', { total: 100, first: 10, second: 10, both: 10 }, 1],
    ['everything has both', { total: 10, first: 10, second: 10, both: 10 }, 1],
    ['independent', { total: 100, first: 50, second: 20, both: 10 }, 0],
    ['never together', { total: 100, first: 10, second: 10, both: 0 }, -1],
    ['one never occurs', { total: 100, first: 0, second: 10, both: 0 }, null],
    ['nothing at all', { total: 0, first: 0, second: 0, both: 0 }, null],
  ])('of two that are %s', (_, counts, expected) => {
    const value = npmi(counts);
    if (expected === null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(expected, 12);
  });

  it('is the logarithm of how much more often they meet than by chance, over that of how rarely they do', () => {
    expect(npmi({ total: 100, first: 20, second: 15, both: 10 })).toBeCloseTo(Math.log(10 / 3) / Math.log(10), 12);
  });

  it('is drawn from the ends by smoothing', () => {
    const never = npmi({ total: 100, first: 10, second: 10, both: 0 }, 0.5);
    expect(never).toBeGreaterThan(-1);
    expect(never).toBeLessThan(0);
  });
});
