import { describe, expect, it } from 'vitest';
import { seededRandom } from '../ml/random.js';
import { chiSquareTest, countValues } from './chi-square.js';
import { ksDistance } from './kolmogorov-smirnov.js';
import { totalVariationDistance } from './total-variation.js';
import {
  chiSquareOfCounts,
  codeCategories,
  codeNumbers,
  distanceInterval,
  ksNorm,
  ksOfCounts,
  permutationPValue,
  totalVariationNorm,
  totalVariationOfCounts,
} from './two-sample-resampling.js';

/** Whole numbers 0 … 9, skewed, with many ties. */
function tied(size: number, next: () => number): number[] {
  return Array.from({ length: size }, () => Math.floor(10 * next() * next()));
}

describe('statistics of counts', () => {
  it('equal those of the samples', () => {
    const random = seededRandom(5);
    const a = tied(90, random.next);
    const b = tied(60, random.next);
    expect(ratio(a, b, ksOfCounts)).toBeCloseTo(ksDistance(a, b), 12);
    const [left, right] = [countValues(a.map(String)), countValues(b.map(String))];
    expect(ratio(a, b, totalVariationOfCounts)).toBeCloseTo(totalVariationDistance(left, right), 12);
    expect(ratio(a, b, chiSquareOfCounts)).toBeCloseTo(chiSquareTest(left, right).statistic, 9);
  });
});

function ratio(a: number[], b: number[], statistic: typeof ksOfCounts): number {
  const coded = codeNumbers(a, b);
  const count = (codes: Int32Array): Int32Array => {
    const counts = new Int32Array(coded.codes);
    for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
    return counts;
  };
  return statistic(count(coded.a), count(coded.b));
}

describe('permutation p value', () => {
  it.each([
    ['KS on tied numbers', ksOfCounts],
    ['chi-square on small counts', chiSquareOfCounts],
  ] as const)(
    'alarms at the nominal rate without a shift: %s',
    (_, statistic) => {
      const random = seededRandom(11);
      const rounds = 800;
      let alarms = 0;
      for (let round = 0; round < rounds; round += 1) {
        const coded = codeNumbers(tied(40, random.next), tied(25, random.next));
        if (permutationPValue(coded, statistic, { seed: round, rounds: 199 }) <= 0.05) alarms += 1;
      }
      // 5 % ± 3 standard errors at 800 rounds, and ties may only make it smaller
      expect(alarms / rounds).toBeLessThan(0.074);
      expect(alarms / rounds).toBeGreaterThan(0.02);
    },
    60_000,
  );

  it('is the same for the same seed, and never 0', () => {
    const coded = codeCategories(['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'], ['b', 'b', 'b', 'b', 'b', 'b', 'b', 'b']);
    const options = { seed: 3, rounds: 499 };
    const value = permutationPValue(coded, chiSquareOfCounts, options);
    expect(value).toBe(permutationPValue(coded, chiSquareOfCounts, options));
    expect(value).toBeGreaterThanOrEqual(1 / 500);
    expect(value).toBeLessThan(0.02);
  });
});

describe('interval of a distance', () => {
  it('covers the true distance at least as often as it says', () => {
    const random = seededRandom(21);
    const truth = 0.3; // U(0,1) against U(0.3,1.3)
    const rounds = 300;
    let covered = 0;
    for (let round = 0; round < rounds; round += 1) {
      const a = Array.from({ length: 300 }, random.next);
      const b = Array.from({ length: 150 }, () => random.next() + truth);
      const { low, high } = distanceInterval(codeNumbers(a, b), ksNorm, { seed: round, rounds: 200, level: 0.95 });
      if (low <= truth && truth <= high) covered += 1;
    }
    expect(covered / rounds).toBeGreaterThan(0.95);
  });

  it('lies within 0 … 1 and is the same for the same seed', () => {
    const coded = codeCategories(['a', 'b', 'a', 'c'], ['a', 'b', 'b', 'b']);
    const options = { seed: 1, rounds: 100, level: 0.95 };
    const interval = distanceInterval(coded, totalVariationNorm, options);
    expect(interval).toEqual(distanceInterval(coded, totalVariationNorm, options));
    expect(interval.low).toBeGreaterThanOrEqual(0);
    expect(interval.high).toBeLessThanOrEqual(1);
    expect(interval.low).toBeLessThanOrEqual(interval.high);
  });
});
