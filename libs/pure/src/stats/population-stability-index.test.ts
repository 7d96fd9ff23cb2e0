import { describe, expect, it } from 'vitest';
import { seededRandom } from '../ml/random.js';
import { psi, psiPValue, psiThreshold } from './population-stability-index.js';
import { binCounts } from './quantile-bins.js';

const edges = Array.from({ length: 9 }, (_, edge) => (edge + 1) / 10);

/** Share of `rounds` pairs of samples without any shift whose index exceeds the limit. */
function falseAlarms(n: number, m: number, limit: number, rounds: number): number {
  const random = seededRandom(20240607);
  const sample = (size: number): Map<string, number> => binCounts(Array.from({ length: size }, random.next), edges);
  let alarms = 0;
  for (let round = 0; round < rounds; round += 1) if (psi(sample(n), sample(m)) > limit) alarms += 1;
  return alarms / rounds;
}

describe('population stability index', () => {
  it('shows what the common rule "PSI > 0.1" does: 83 % false alarms at 100 rows and 10 bins', () => {
    expect(psiPValue(0.1, 100, 100, 10)).toBeCloseTo(0.834, 3);
    expect(falseAlarms(100, 100, 0.1, 2000)).toBeGreaterThan(0.8);
  });

  it('keeps its calibrated threshold at the stated rate, at sizes where the approximation is meant to hold', () => {
    for (const [n, m] of [
      [400, 400],
      [1000, 250],
    ] as const) {
      const rate = falseAlarms(n, m, psiThreshold(0.05, n, m, 10), 2000);
      expect(rate).toBeGreaterThan(0.035);
      expect(rate).toBeLessThan(0.068);
    }
  });

  it('stays finite when a bin is empty on one side', () => {
    expect(
      psi(
        new Map([
          ['x', 10],
          ['y', 0],
        ]),
        new Map([
          ['x', 5],
          ['y', 5],
        ]),
      ),
    ).toBeCloseTo(0.5 * Math.log(2) + 0.45 * Math.log(10), 12);
  });

  it('answers 1 and 0 where there is one bin only', () => {
    expect(psiPValue(0, 10, 10, 1)).toBe(1);
    expect(psiThreshold(0.05, 10, 10, 1)).toBe(0);
  });
});
