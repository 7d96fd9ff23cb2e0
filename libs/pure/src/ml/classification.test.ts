import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { binaryMetrics, groupReport } from './binary-report.js';
import { bootstrapInterval, quantile } from './bootstrap.js';
import { calibrationBins, expectedCalibrationError } from './calibration.js';
import { rocAuc } from './classification.js';

// golden/classification.json is written by golden/make-golden.py with scikit-learn.
const numbers = z.array(z.number());
const golden = z
  .object({
    cases: z.array(
      z.object({
        name: z.string(),
        labels: numbers,
        scores: numbers,
        auc: z.number(),
        accuracy: z.number(),
        logLoss: z.number(),
        brier: z.number(),
        precision: z.number(),
        recall: z.number(),
        f1: z.number(),
        balancedAccuracy: z.number(),
        calibration: z.object({ positiveRate: numbers, meanScore: numbers }),
        ece: z.number(),
      }),
    ),
    standardise: z.object({ values: numbers }),
    quantiles: z.record(z.string(), z.number()),
  })
  .parse(JSON.parse(readFileSync(new URL('./golden/classification.json', import.meta.url), 'utf8')));

describe.each(golden.cases)('binary metrics on $name', (expected) => {
  const metrics = binaryMetrics(expected);

  it.each(['auc', 'accuracy', 'logLoss', 'brier', 'precision', 'f1', 'balancedAccuracy', 'ece'] as const)(
    '%s equals scikit-learn',
    (name) => {
      expect(metrics[name]).toBeCloseTo(expected[name], 12);
    },
  );

  it('recall equals scikit-learn', () => {
    expect(metrics.truePositiveRate).toBeCloseTo(expected.recall, 12);
  });

  it('calibration bins equal calibration_curve on the bins that hold rows', () => {
    const filled = calibrationBins(expected).filter((bin) => bin.count > 0);
    expect(filled).toHaveLength(expected.calibration.meanScore.length);
    filled.forEach((bin, index) => {
      expect(bin.meanScore).toBeCloseTo(expected.calibration.meanScore[index] ?? Number.NaN, 12);
      expect(bin.positiveRate).toBeCloseTo(expected.calibration.positiveRate[index] ?? Number.NaN, 12);
    });
  });
});

describe('undefined metrics', () => {
  it('gives no AUC when one class is absent', () => {
    expect(rocAuc({ labels: [1, 1], scores: [0.2, 0.9] })).toBeNull();
  });

  it('gives no metric for no rows, and does not divide by zero', () => {
    expect(binaryMetrics({ labels: [], scores: [] })).toMatchObject({
      auc: null,
      accuracy: null,
      logLoss: null,
      ece: null,
      selectionRate: null,
    });
    expect(expectedCalibrationError([])).toBeNull();
  });

  it('refuses labels and scores of different length', () => {
    expect(() => rocAuc({ labels: [1], scores: [] })).toThrow('1 labels do not match 0 scores');
  });
});

describe('groups', () => {
  const scored = { labels: [1, 0, 1, 0, 1, 0], scores: [0.9, 0.1, 0.8, 0.6, 0.4, 0.7] };
  const groups = ['a', 'a', 'a', 'b', 'b', 'b'];

  it('takes gaps between the largest and smallest group', () => {
    const report = groupReport(scored, 'sex', groups, { minimumRows: 1 });
    expect(report.groups.map(({ group, metrics }) => [group, metrics.rows])).toEqual([
      ['a', 3],
      ['b', 3],
    ]);
    expect(report.gaps).toEqual({ auc: 1, truePositiveRate: 1, falsePositiveRate: 1, selectionRate: 0 });
  });

  it('names groups below the minimum and keeps them out of the gaps', () => {
    const report = groupReport(scored, 'sex', [...groups.slice(0, 5), 'c'], { minimumRows: 2 });
    expect(report.tooSmall).toEqual(['c']);
    expect(report.gaps.selectionRate).toBeCloseTo(2 / 3 - 1 / 2, 12);
  });
});

describe('bootstrap interval', () => {
  const scored = golden.cases[0] ?? { labels: [], scores: [] };

  it('is the same for the same seed and differs for another', async () => {
    const once = await bootstrapInterval(scored, rocAuc, { seed: 7, resamples: 200 });
    expect(await bootstrapInterval(scored, rocAuc, { seed: 7, resamples: 200 })).toEqual(once);
    expect(await bootstrapInterval(scored, rocAuc, { seed: 8, resamples: 200 })).not.toEqual(once);
  });

  it('holds the estimate and is about as wide as the DeLong-sized error of 300 rows', async () => {
    const interval = await bootstrapInterval(scored, rocAuc, { seed: 7 });
    const estimate = rocAuc(scored) ?? 0;
    expect(interval?.low).toBeLessThan(estimate);
    expect(interval?.high).toBeGreaterThan(estimate);
    expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeGreaterThan(0.05);
    expect((interval?.high ?? 1) - (interval?.low ?? 0)).toBeLessThan(0.2);
  });

  it('lets other work run between resamples, and ends when that says so', async () => {
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
      if (pauses === 3) throw new Error('cancelled');
    };
    await expect(bootstrapInterval(scored, rocAuc, { seed: 7, pause })).rejects.toThrow('cancelled');
    expect(pauses).toBe(3);
  });

  it('is undefined when the statistic nearly always is', async () => {
    expect(await bootstrapInterval({ labels: [1, 1, 1], scores: [0.1, 0.2, 0.3] }, rocAuc, { seed: 1 })).toBeNull();
  });

  it.each(Object.entries(golden.quantiles))('quantile %s equals numpy', (probability, expected) => {
    expect(
      quantile(
        [...golden.standardise.values].sort((a, b) => a - b),
        Number(probability),
      ),
    ).toBeCloseTo(expected, 12);
  });
});
