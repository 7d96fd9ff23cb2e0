import { describe, expect, it } from 'vitest';
import { deriveSeed, epochPermutation, seededRandom } from './random.js';

describe('seeded generator', () => {
  it('continues from its state', () => {
    const unbroken = seededRandom(42);
    const first = seededRandom(42);
    first.next();
    unbroken.next();
    const resumed = seededRandom(first.state());
    expect([resumed.next(), resumed.next()]).toEqual([unbroken.next(), unbroken.next()]);
  });

  it('fills ten bins evenly (chi-square below the 0.999 quantile of 9 degrees, 27.88)', () => {
    const random = seededRandom(1);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw += 1) {
      const bin = random.below(10);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(27.88);
  });

  it('gives streams of one seed different seeds', () => {
    expect(new Set(Array.from({ length: 1000 }, (_, stream) => deriveSeed(3, stream))).size).toBe(1000);
  });
});

describe('epoch permutation', () => {
  it('holds every row once', () => {
    expect([...epochPermutation(100, 5, 0)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
  });

  it('depends on seed and epoch alone', () => {
    expect(epochPermutation(50, 5, 3)).toEqual(epochPermutation(50, 5, 3));
    expect(epochPermutation(50, 5, 3)).not.toEqual(epochPermutation(50, 5, 4));
    expect(epochPermutation(50, 5, 3)).not.toEqual(epochPermutation(50, 6, 3));
  });
});
