import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { association, correlationRatio, ranks } from './association.js';
import { chiSquareTest, countValues } from './chi-square.js';
import { jensenShannonDistance } from './jensen-shannon.js';
import { ksDistance, ksTest } from './kolmogorov-smirnov.js';
import { psi } from './population-stability-index.js';
import { statTests } from './stat-tests.js';
import { totalVariationDistance } from './total-variation.js';
import { wassersteinDistance, wassersteinNormedDistance } from './wasserstein.js';
import { weightedKsDistance, weightedTotalVariation } from './weighted-effect.js';

const numbers = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 });
const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 40 });

describe('distances between numeric samples', () => {
  it('are symmetric, within bounds, and 0 for the same values', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const distance = ksDistance(a, b);
        expect(distance).toBe(ksDistance(b, a));
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1);
        expect(ksDistance(a, [...a, ...a])).toBe(0);
        expect(wassersteinDistance(a, b)).toBeCloseTo(wassersteinDistance(b, a), 12);
        expect(wassersteinDistance(a, a)).toBe(0);
      }),
    );
  });

  it('do not see the unit of the values, except Wasserstein, which scales with it', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const scale = (values: number[]): number[] => values.map((value) => 8 * value + 3);
        expect(ksDistance(scale(a), scale(b))).toBe(ksDistance(a, b));
        expect(wassersteinDistance(scale(a), scale(b))).toBeCloseTo(8 * wassersteinDistance(a, b), 9);
      }),
    );
  });

  it('give a p value between 0 and 1 that falls as the samples part', () => {
    fc.assert(
      fc.property(numbers, (a) => {
        const near = ksTest(a, a).pValue;
        const far = ksTest(
          a,
          a.map((value) => value + 100),
        ).pValue;
        expect(near).toBe(1);
        expect(far).toBeGreaterThan(0);
        expect(far).toBeLessThanOrEqual(near);
      }),
    );
  });

  it('answer NaN for an empty sample and Infinity for a moved constant', () => {
    expect(ksDistance([], [1])).toBeNaN();
    expect(wassersteinDistance([1], [])).toBeNaN();
    expect(wassersteinNormedDistance([5, 5], [6])).toBe(Number.POSITIVE_INFINITY);
    expect(wassersteinNormedDistance([5, 5], [5])).toBe(0);
  });

  it('take the limit distribution above ten million pairs, close to the exact value there', () => {
    const a = Array.from({ length: 3000 }, (_, row) => (row * 7919) % 30011);
    const b = Array.from({ length: 3000 }, (_, row) => ((row * 6007) % 30011) + 600);
    const exact = ksTest(a, b);
    const limit = ksTest(a, [...b, ...b]);
    expect(exact.method).toBe('exact');
    expect(limit.method).toBe('asymptotic');
    expect(limit.pValue).toBeLessThan(exact.pValue);
  });
});

describe('distances between category samples', () => {
  it('are symmetric, within bounds, and 0 for the same shares', () => {
    fc.assert(
      fc.property(words, words, (left, right) => {
        const a = countValues(left);
        const b = countValues(right);
        for (const [measure, most] of [
          [totalVariationDistance, 1],
          [jensenShannonDistance, 1],
          [psi, Number.POSITIVE_INFINITY],
        ] as const) {
          expect(measure(a, b)).toBeCloseTo(measure(b, a), 12);
          expect(measure(a, b)).toBeGreaterThanOrEqual(0);
          expect(measure(a, b)).toBeLessThanOrEqual(most);
          expect(measure(a, a)).toBeCloseTo(0, 7);
        }
        const chi = chiSquareTest(a, b);
        expect(chi.statistic).toBeCloseTo(chiSquareTest(b, a).statistic, 9);
        expect(chi.pValue).toBeGreaterThan(0);
        expect(chi.pValue).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('reach 1 for samples without a common category', () => {
    const a = new Map([['x', 3]]);
    const b = new Map([['y', 9]]);
    expect(totalVariationDistance(a, b)).toBe(1);
    expect(jensenShannonDistance(a, b)).toBe(1);
  });

  it('say when the chi-square approximation does not hold', () => {
    expect(
      chiSquareTest(
        new Map([
          ['x', 2],
          ['y', 1],
        ]),
        new Map([
          ['x', 1],
          ['y', 2],
        ]),
      ).approximationHolds,
    ).toBe(false);
    expect(
      chiSquareTest(
        new Map([
          ['x', 20],
          ['y', 10],
        ]),
        new Map([
          ['x', 10],
          ['y', 20],
        ]),
      ).approximationHolds,
    ).toBe(true);
  });
});

describe('association', () => {
  it('is 1 for a column with itself and 0 with a constant, whatever the kinds', () => {
    const numeric = { kind: 'numeric', values: [3, 1, 4, 1.5, 9, 2.6] } as const;
    const category = { kind: 'category', values: ['a', 'b', 'a', 'c', 'b', 'c'] } as const;
    expect(association(numeric, numeric)).toBeCloseTo(1, 12);
    expect(association(category, category)).toBeCloseTo(1, 12);
    expect(association(category, { kind: 'numeric', values: [1, 2, 1, 3, 2, 3] })).toBeCloseTo(1, 12);
    expect(association(numeric, { kind: 'numeric', values: [7, 7, 7, 7, 7, 7] })).toBe(0);
    expect(association(category, { kind: 'numeric', values: [7, 7, 7, 7, 7, 7] })).toBe(0);
  });

  it('shares the mean rank among ties', () => {
    expect(ranks([10, 20, 10, 30])).toEqual([1.5, 3, 1.5, 4]);
    expect(correlationRatio(['a', 'a', 'b', 'b'], [1, 3, 1, 3])).toBe(0);
  });
});

describe('the effect of weights', () => {
  it('is 0 for equal weights and the plain distance for whole ones', () => {
    const values = [5, 1, 4, 1, 3];
    expect(weightedKsDistance(values, [2, 2, 2, 2, 2])).toBeCloseTo(0, 12);
    expect(weightedKsDistance(values, [1, 0, 1, 0, 0])).toBeCloseTo(ksDistance([5, 4], values), 12);
    const names = ['a', 'b', 'a', 'c'];
    expect(weightedTotalVariation(names, [1, 0, 1, 0])).toBeCloseTo(
      totalVariationDistance(countValues(['a', 'a']), countValues(names)),
      12,
    );
  });
});

it('lists every test once', () => {
  expect(new Set(statTests.map((test) => test.id)).size).toBe(statTests.length);
});
