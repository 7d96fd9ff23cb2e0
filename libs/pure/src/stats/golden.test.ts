import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cramersV, spearman } from './association.js';
import { benjaminiHochberg } from './benjamini-hochberg.js';
import { chiSquareTest } from './chi-square.js';
import { jensenShannonDistance } from './jensen-shannon.js';
import { ksTest } from './kolmogorov-smirnov.js';
import { psi } from './population-stability-index.js';
import { chiSquareTail, chiSquareUpperPoint, kolmogorovTail, logGamma } from './special-functions.js';
import { meanDifference } from './standardized-mean-difference.js';
import { totalVariationDistance } from './total-variation.js';
import { wassersteinDistance, wassersteinNormedDistance } from './wasserstein.js';

const test = z.object({ statistic: z.number(), pValue: z.number() });
const golden = z
  .object({
    numeric: z.array(
      z.object({
        name: z.string(),
        a: z.array(z.number()),
        b: z.array(z.number()),
        ks: test,
        ksLimit: z.number(),
        wasserstein: z.number(),
        wassersteinNormed: z.number(),
        meanDifference: z.number(),
      }),
    ),
    category: z.array(
      z.object({
        name: z.string(),
        a: z.record(z.string(), z.number()),
        b: z.record(z.string(), z.number()),
        chiSquare: test.extend({ degrees: z.number() }),
        totalVariation: z.number(),
        jensenShannon: z.number(),
        psi: z.number(),
      }),
    ),
    pairs: z.array(
      z.object({
        name: z.string(),
        a: z.array(z.number()),
        b: z.array(z.number()),
        spearman: z.number(),
        cramersV: z.number(),
      }),
    ),
    benjaminiHochberg: z.array(z.object({ p: z.array(z.number()), q: z.array(z.number()) })),
    chiSquareTail: z.array(z.object({ x: z.number(), degrees: z.number(), tail: z.number() })),
    chiSquareUpperPoint: z.array(z.object({ tail: z.number(), degrees: z.number(), x: z.number() })),
    logGamma: z.array(z.object({ x: z.number(), value: z.number() })),
    kolmogorovTail: z.array(z.object({ x: z.number(), tail: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../../tests/fixtures/stats/golden.json', import.meta.url), 'utf8')));

/** Equal to 1e-9, absolute and, for what is not tiny, relative. */
function same(actual: number, expected: number): void {
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(
    1e-9 * Math.max(1e-3, Math.abs(expected)),
  );
}

describe('agrees with SciPy to 1e-9', () => {
  it.each(golden.numeric)('on numbers: $name', (sample) => {
    const ks = ksTest(sample.a, sample.b);
    same(ks.statistic, sample.ks.statistic);
    same(ks.pValue, sample.ks.pValue);
    const [n, m] = [sample.a.length, sample.b.length];
    same(kolmogorovTail(Math.sqrt((n * m) / (n + m)) * ks.statistic), sample.ksLimit);
    same(wassersteinDistance(sample.a, sample.b), sample.wasserstein);
    same(wassersteinNormedDistance(sample.a, sample.b), sample.wassersteinNormed);
    same(meanDifference(sample.a, sample.b), sample.meanDifference);
  });

  it.each(golden.category)('on categories: $name', (sample) => {
    const a = new Map(Object.entries(sample.a));
    const b = new Map(Object.entries(sample.b));
    const chi = chiSquareTest(a, b);
    same(chi.statistic, sample.chiSquare.statistic);
    same(chi.pValue, sample.chiSquare.pValue);
    expect(chi.degrees).toBe(sample.chiSquare.degrees);
    same(totalVariationDistance(a, b), sample.totalVariation);
    same(jensenShannonDistance(a, b), sample.jensenShannon);
    same(psi(a, b), sample.psi);
  });

  it.each(golden.pairs)('on pairs of columns: $name', (pair) => {
    same(spearman(pair.a, pair.b), pair.spearman);
    same(cramersV(pair.a.map(String), pair.b.map(String)), pair.cramersV);
  });

  it('on adjusted p values', () => {
    for (const { p, q } of golden.benjaminiHochberg) {
      const adjusted = benjaminiHochberg(p);
      expect(adjusted).toHaveLength(q.length);
      q.forEach((expected, place) => same(adjusted[place] ?? Number.NaN, expected));
    }
  });

  it('on tails, upper points and ln Γ', () => {
    for (const { x, degrees, tail } of golden.chiSquareTail) same(chiSquareTail(x, degrees), tail);
    for (const { tail, degrees, x } of golden.chiSquareUpperPoint) same(chiSquareUpperPoint(tail, degrees), x);
    for (const { x, value } of golden.logGamma) same(logGamma(x), value);
    for (const { x, tail } of golden.kolmogorovTail) same(kolmogorovTail(x), tail);
  });

  it('keeps the relative precision of very small tails', () => {
    for (const { x, degrees, tail } of golden.chiSquareTail.filter((row) => row.tail > 0)) {
      expect(Math.abs(chiSquareTail(x, degrees) / tail - 1)).toBeLessThan(1e-9);
    }
  });
});
