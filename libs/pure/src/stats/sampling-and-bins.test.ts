import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from './benjamini-hochberg.js';
import { binCounts, binOf, quantileEdges } from './quantile-bins.js';
import { weightedSample } from './weighted-sample.js';

const items = Array.from({ length: 200 }, (_, item) => item);

describe('weighted sample', () => {
  it('draws different items, in their order, and the same ones for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, size) => {
        const drawn = weightedSample(items, (item) => 1 + (item % 3), size, seed);
        expect(drawn).toHaveLength(size);
        expect(new Set(drawn).size).toBe(size);
        expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
        expect(drawn).toEqual(weightedSample(items, (item) => 1 + (item % 3), size, seed));
      }),
    );
  });

  it('draws the first item in proportion to its weight', () => {
    let heavy = 0;
    for (let seed = 0; seed < 4000; seed += 1)
      if (weightedSample(['heavy', 'light'], (item) => (item === 'heavy' ? 3 : 1), 1, seed)[0] === 'heavy') heavy += 1;
    expect(heavy / 4000).toBeGreaterThan(0.72);
    expect(heavy / 4000).toBeLessThan(0.78);
  });

  it('never draws weight 0 and refuses what it cannot draw', () => {
    expect(weightedSample(items, (item) => (item < 5 ? 1 : 0), 5, 1)).toEqual([0, 1, 2, 3, 4]);
    expect(() => weightedSample(items, (item) => (item < 5 ? 1 : 0), 6, 1)).toThrow('5 items have a weight');
    expect(() => weightedSample(items, () => -1, 1, 1)).toThrow('weight of item 0 is -1');
  });
});

describe('quantile bins', () => {
  it('hold every value once, with ascending edges', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 12 }),
        (values, bins) => {
          const edges = quantileEdges(values, bins);
          expect(edges.length).toBeLessThan(bins);
          expect(edges).toEqual([...new Set(edges)].sort((a, b) => a - b));
          const counts = binCounts(values, edges);
          expect(counts.size).toBe(edges.length + 1);
          expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(values.length);
        },
      ),
    );
  });

  it('are about equally full on distinct values, and open at both ends', () => {
    const edges = quantileEdges(items, 10);
    expect([...binCounts(items, edges).values()]).toEqual(Array.from({ length: 10 }, () => 20));
    expect(binOf(-1e9, edges)).toBe(0);
    expect(binOf(1e9, edges)).toBe(9);
  });
});

describe('Benjamini-Hochberg', () => {
  it('never lowers a p value, keeps their order, and stays at most 1', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (pValues) => {
        const adjusted = benjaminiHochberg(pValues);
        adjusted.forEach((q, place) => {
          expect(q).toBeGreaterThanOrEqual(pValues[place] ?? 0);
          expect(q).toBeLessThanOrEqual(1);
        });
        const byP = pValues.map((p, place) => ({ p, q: adjusted[place] ?? 0 })).sort((a, b) => a.p - b.p || a.q - b.q);
        byP.forEach(({ q }, place) => expect(q).toBeGreaterThanOrEqual(byP[place - 1]?.q ?? 0));
      }),
    );
  });
});
