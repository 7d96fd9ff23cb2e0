import { evaluationMetrics, isPairedMetric, type PairedMetric } from '@assay/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryMetrics, type BinaryMetrics } from '../ml/binary-report.js';
import { seededRandom, type SeededRandom } from '../ml/random.js';
import { pairedBootstrap } from './paired-bootstrap.js';
import { type PairedScores, weightedGain } from './weighted-metrics.js';

const names: Readonly<Record<PairedMetric, { key: keyof BinaryMetrics; sign: 1 | -1 }>> = {
  auc: { key: 'auc', sign: 1 },
  accuracy: { key: 'accuracy', sign: 1 },
  balanced_accuracy: { key: 'balancedAccuracy', sign: 1 },
  precision: { key: 'precision', sign: 1 },
  recall: { key: 'truePositiveRate', sign: 1 },
  f1: { key: 'f1', sign: 1 },
  false_positive_rate: { key: 'falsePositiveRate', sign: -1 },
  log_loss: { key: 'logLoss', sign: -1 },
  brier_score: { key: 'brier', sign: -1 },
};

const pairedMetrics = Object.keys(evaluationMetrics).filter(isPairedMetric);

function metricOf(pair: PairedScores, side: 'candidate' | 'holder', metric: PairedMetric, rows: number[]): number {
  const { scores, threshold } = pair[side];
  const scored = {
    labels: rows.map((row) => pair.labels[row] ?? 0),
    scores: rows.map((row) => scores[row] ?? 0),
  };
  const value = binaryMetrics(scored, threshold)[names[metric].key];
  return typeof value === 'number' ? value : Number.NaN;
}

const aPair = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }), fc.nat(3)), {
    minLength: 1,
    maxLength: 30,
  })
  .map((rows) => ({
    weights: Uint8Array.from(rows, ([, , , weight]) => weight),
    pair: {
      labels: Uint8Array.from(rows, ([label]) => Number(label)),
      candidate: { scores: Float64Array.from(rows, ([, score]) => score / 12), threshold: 0.5 },
      holder: { scores: Float64Array.from(rows, ([, , score]) => score / 12), threshold: 0.4 },
    },
  }));

/** Two noisy scores of the same rows: they share `shared` of their noise, and the candidate sees the class more clearly by `better`. */
function simulated(rows: number, better: number, random: SeededRandom): PairedScores {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const squash = (value: number) => 1 / (1 + Math.exp(-value));
  const labels = new Uint8Array(rows);
  const [candidate, holder] = [new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row += 1) {
    const label = random.next() < 0.3 ? 1 : 0;
    const shared = normal();
    labels[row] = label;
    candidate[row] = squash(label * (1 + better) + 0.8 * shared + 0.6 * normal() - 0.5);
    holder[row] = squash(label + 0.8 * shared + 0.6 * normal() - 0.5);
  }
  return { labels, candidate: { scores: candidate, threshold: 0.5 }, holder: { scores: holder, threshold: 0.5 } };
}

describe('a weighted difference', () => {
  it.each(pairedMetrics)('of %s is that of the metrics on the rows, each as often as it counts', (metric) => {
    fc.assert(
      fc.property(aPair, ({ pair, weights }) => {
        const rows = Array.from(weights).flatMap((weight, row) => new Array<number>(weight).fill(row));
        const expected =
          names[metric].sign * (metricOf(pair, 'candidate', metric, rows) - metricOf(pair, 'holder', metric, rows));
        const found = weightedGain(pair, metric)(weights);
        if (Number.isFinite(expected)) expect(found).toBeCloseTo(expected, 10);
        else expect(Number.isFinite(found)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the linear part of a difference of areas', () => {
  it('is the difference itself where each row counts once, ties included', () => {
    fc.assert(
      fc.property(aPair, ({ pair }) => {
        const once = new Uint8Array(pair.labels.length).fill(1);
        const exact = weightedGain(pair, 'auc')(once);
        const linear = weightedGain(pair, 'auc', 'linear')(once);
        if (Number.isFinite(exact)) expect(linear).toBeCloseTo(exact, 12);
        else expect(Number.isFinite(linear)).toBe(false);
      }),
    );
  });
});

describe('the two models', () => {
  it.each(pairedMetrics)('turn %s around when they change places', (metric) => {
    fc.assert(
      fc.property(aPair, ({ pair, weights }) => {
        const gain = weightedGain(pair, metric)(weights);
        const back = weightedGain({ ...pair, candidate: pair.holder, holder: pair.candidate }, metric)(weights);
        if (Number.isFinite(gain)) expect(back).toBeCloseTo(-gain, 12);
        else expect(Number.isFinite(back)).toBe(false);
      }),
    );
  });
});

describe('a paired bootstrap', () => {
  const pair = simulated(300, 0.3, seededRandom(7));
  const options = { metric: 'auc', confidence: 0.95, seed: 11 } as const;

  it('gives the same numbers for the same scores and seed, and others for another seed', () => {
    expect(pairedBootstrap(pair, options)).toEqual(pairedBootstrap(pair, options));
    expect(pairedBootstrap(pair, { ...options, seed: 12 })?.low).not.toBe(pairedBootstrap(pair, options)?.low);
  });

  it('finds no difference of a model from itself, and none below zero of one that is right wherever the other is', () => {
    for (const metric of pairedMetrics)
      expect(
        pairedBootstrap({ ...pair, candidate: pair.holder }, { ...options, metric, resamples: 200 }),
      ).toMatchObject({
        estimate: 0,
        low: 0,
        high: 0,
      });
    const perfect = { scores: Float64Array.from(pair.labels), threshold: 0.5 };
    expect(pairedBootstrap({ ...pair, candidate: perfect }, options)?.low).toBeGreaterThan(0);
  });

  it('is less sure of more: the lower end falls and the upper end rises with the confidence', () => {
    const at = [0.8, 0.9, 0.95, 0.99].map((confidence) => pairedBootstrap(pair, { ...options, confidence }));
    const lows = at.map((gain) => gain?.low ?? Number.NaN);
    const highs = at.map((gain) => gain?.high ?? Number.NaN);
    expect(lows).toEqual(lows.toSorted((a, b) => b - a));
    expect(highs).toEqual(highs.toSorted((a, b) => a - b));
    for (const gain of at) {
      expect(gain?.low).toBeLessThanOrEqual(gain?.estimate ?? Number.NaN);
      expect(gain?.high).toBeGreaterThanOrEqual(gain?.estimate ?? Number.NaN);
    }
  });

  it('takes numbers only', () => {
    const broken = { ...pair, holder: { ...pair.holder, scores: pair.holder.scores.with(7, Number.NaN) } };
    for (const draw of ['multinomial', 'poisson'] as const)
      expect(() => pairedBootstrap(broken, { ...options, draw })).toThrow('a score is no finite number');
  });

  it('says nothing on too few rows or too few of a class', () => {
    expect(pairedBootstrap(simulated(49, 0, seededRandom(1)), options)).toBeNull();
    const rare = { ...pair, labels: pair.labels.map((_, row) => (row < 9 ? 1 : 0)) };
    expect(pairedBootstrap(rare, options)).toBeNull();
  });

  it.each(['auc', 'accuracy', 'brier_score'] as const)(
    'of %s draws counts on their own as it draws rows, within the noise of resampling',
    (metric) => {
      const large = simulated(2_000, 0.2, seededRandom(3));
      const [rows, counts] = (['multinomial', 'poisson'] as const).map((draw) =>
        pairedBootstrap(large, { ...options, metric, draw, resamples: 4000 }),
      );
      expect(counts?.estimate).toBeCloseTo(rows?.estimate ?? Number.NaN, 12);
      const width = (rows?.high ?? 0) - (rows?.low ?? 0);
      expect(Math.abs((rows?.low ?? 0) - (counts?.low ?? 1))).toBeLessThan(0.06 * width);
      expect(Math.abs((rows?.high ?? 0) - (counts?.high ?? 1))).toBeLessThan(0.06 * width);
    },
  );

  it.each([
    ['auc', 'multinomial'],
    ['auc', 'poisson'],
    ['accuracy', 'multinomial'],
    ['brier_score', 'multinomial'],
  ] as const)('puts its lower end of %s (%s) below the true difference about as often as it says', (metric, draw) => {
    const random = seededRandom(2026);
    const truth = weightedGain(simulated(400_000, 0.25, random), metric)(new Uint8Array(400_000).fill(1));
    const studies = 400;
    let covered = 0;
    for (let study = 0; study < studies; study += 1) {
      const gain = pairedBootstrap(simulated(250, 0.25, random), {
        metric,
        draw,
        confidence: 0.9,
        seed: study,
        resamples: 300,
      });
      if (gain !== null && gain.low <= truth) covered += 1;
    }
    // 400 studies place a true 90 % within 4.5 points of it in all but one of 300 cases
    expect(covered / studies).toBeGreaterThan(0.855);
    expect(covered / studies).toBeLessThan(0.945);
  });

  it('compares 100,000 rows in seconds', () => {
    const large = simulated(100_000, 0.1, seededRandom(5));
    const before = process.threadCpuUsage();
    expect(pairedBootstrap(large, options)?.resamples).toBe(2000);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(20_000); // about a second, of this thread's own time
  });
});
