import type { Gate } from '@assay/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { groupGaps } from '../evaluations/evaluation.js';
import { comparisonId, comparisonOf, type ComparisonResult } from './comparison.js';
import { evaluateGates, overall } from './evaluate-gates.js';
import { facts, outcome } from './gate-facts.builder.js';
import type { GateFacts } from './gate-facts.js';

const auc: Gate = { gate: 'metric-threshold', metric: 'auc', atLeast: 0.72 };
const gap: Gate = { gate: 'group-gap', column: 'sex', metric: 'auc', atMost: 0.1, minGroupRows: 20 };
const notWorse: Gate = { gate: 'not-worse-than-holder', metric: 'auc', margin: 0.01 };
const fresh: Gate = { gate: 'evidence-age', atMost: '10d' };

describe('a metric threshold', () => {
  it.each([
    [0.72, 'passed'],
    [0.78, 'passed'],
    [0.7199, 'failed'],
  ])('decides at its bound: auc %s is %s', (value, expected) => {
    expect(outcome(auc, { candidate: anEvaluation({}, { metrics: { auc: value } }) })).toBe(expected);
  });

  it('can not be evaluated where the metric was not measured', () => {
    expect(outcome(auc, { candidate: anEvaluation({}, { metrics: {} }) })).toBe('missing');
  });

  it('takes an upper bound too', () => {
    const gate: Gate = { gate: 'metric-threshold', metric: 'log_loss', atMost: 0.5 };
    expect(outcome(gate)).toBe('passed');
    expect(outcome(gate, { candidate: anEvaluation({}, { metrics: { log_loss: 0.51 } }) })).toBe('failed');
  });

  it('never fails a better value where it passes a worse one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const [worse, better] = a < b ? [a, b] : [b, a];
        const at = (value: number) => outcome(auc, { candidate: anEvaluation({}, { metrics: { auc: value } }) });
        expect(at(worse) === 'passed' && at(better) === 'failed').toBe(false);
      }),
    );
  });
});

describe('a group gap', () => {
  const slice = (groups: { value: string; rows: number; metrics: Record<string, number> }[]) => ({
    candidate: anEvaluation({}, { slices: [{ column: 'sex', groups }] }),
  });

  it('is the largest difference between any two groups', () => {
    const groups = [0.7, 0.85, 0.78].map((value, index) => ({ value: `g${index}`, rows: 50, metrics: { auc: value } }));
    expect(groupGaps({ column: 'sex', groups })['auc']).toBeCloseTo(0.15, 12);
    expect(outcome(gap, slice(groups))).toBe('failed');
    expect(outcome({ ...gap, atMost: 0.15 }, slice(groups))).toBe('passed');
  });

  it('names small groups and does not compare them', () => {
    const [result] = evaluateGates([gap], {
      ...facts,
      ...slice([
        { value: 'a', rows: 50, metrics: { auc: 0.8 } },
        { value: 'b', rows: 50, metrics: { auc: 0.79 } },
        { value: 'tiny', rows: 3, metrics: { auc: 0.1 } },
      ]),
    });
    expect(result?.outcome).toBe('passed');
    expect(result?.observed).toContain('tiny (3 rows)');
  });

  it('fails where nothing can be compared', () => {
    expect(outcome(gap, slice([{ value: 'a', rows: 50, metrics: { auc: 0.8 } }]))).toBe('failed');
    expect(
      outcome(
        gap,
        slice([
          { value: 'a', rows: 50, metrics: { auc: 0.8 } },
          { value: 'b', rows: 50, metrics: {} },
        ]),
      ),
    ).toBe('failed');
  });

  it('can not be evaluated where the groups were not measured', () => {
    expect(outcome({ ...gap, column: 'age' })).toBe('missing');
  });

  it('fails small groups where the policy says so, by name', () => {
    const [result] = evaluateGates([{ ...gap, smallGroups: 'fail' }], {
      ...facts,
      ...slice([
        { value: 'a', rows: 50, metrics: { auc: 0.8 } },
        { value: 'b', rows: 50, metrics: { auc: 0.79 } },
        { value: 'tiny', rows: 3, metrics: { auc: 0.8 } },
      ]),
    });
    expect(result).toMatchObject({ outcome: 'failed', observed: 'too small to compare: tiny (3 rows)' });
  });
});

describe('a threshold in slices', () => {
  const gate: Gate = { gate: 'slice-threshold', column: 'sex', metric: 'auc', atLeast: 0.76, minGroupRows: 20 };

  it('judges every group, and names those outside', () => {
    const [result] = evaluateGates([gate], facts);
    expect(result).toMatchObject({ outcome: 'failed', observed: 'auc is 0.75 for female' });
    expect(outcome({ ...gate, atLeast: 0.75 })).toBe('passed');
  });

  it('judges one group where one is named', () => {
    expect(outcome({ ...gate, value: 'male' })).toBe('passed');
    expect(outcome({ ...gate, value: 'female' })).toBe('failed');
    expect(outcome({ ...gate, value: 'other' })).toBe('missing');
  });

  it('names groups that are too small, and fails where it is all that there is or the policy lets none pass', () => {
    const [named] = evaluateGates([{ ...gate, minGroupRows: 60 }], facts);
    expect(named).toMatchObject({ outcome: 'passed', observed: expect.stringContaining('female (50 rows)') });
    expect(outcome({ ...gate, minGroupRows: 60, smallGroups: 'fail' })).toBe('failed');
    expect(outcome({ ...gate, minGroupRows: 200 })).toBe('failed');
    expect(outcome({ ...gate, value: 'female', minGroupRows: 60 })).toBe('failed');
  });

  it('fails a group that leaves the metric undefined, and can not be evaluated where none was measured', () => {
    const undefinedFor = anEvaluation(
      {},
      { slices: [{ column: 'sex', groups: [{ value: 'a', rows: 50, metrics: {} }] }] },
    );
    expect(outcome(gate, { candidate: undefinedFor })).toBe('failed');
    expect(outcome({ ...gate, column: 'age' })).toBe('missing');
  });
});

describe('a number of the author', () => {
  const allowed: Gate = { gate: 'metric-threshold', metric: 'throughput', atLeast: 100, selfReported: 'allowed' };
  const reported = (value: number) => ({
    reported: { runId: 'r1', metrics: new Map([['throughput', { value, timestamp: 1_767_225_600_000, step: 3 }]]) },
  });

  it('counts where the policy says so and the platform measured nothing, and is marked', () => {
    const [result] = evaluateGates([allowed], { ...facts, ...reported(120) });
    expect(result).toMatchObject({
      outcome: 'passed',
      selfReported: true,
      evidence: [{ kind: 'run-metric', id: 'r1' }],
    });
    expect(result?.observed).toContain('self-reported');
    expect(outcome(allowed, reported(99))).toBe('failed');
    expect(outcome(allowed, reported(Number.NaN))).toBe('missing');
    expect(outcome(allowed)).toBe('missing');
  });

  it('never counts where the policy does not say so', () => {
    const auto = { reported: { runId: 'r1', metrics: new Map([['auc', { value: 1, timestamp: 0, step: 0 }]]) } };
    expect(outcome(auc, { candidate: null, ...auto })).toBe('missing');
  });

  it('never stands in for what the platform measured, nor saves a version trained on the pinned data', () => {
    const gate: Gate = { ...auc, selfReported: 'allowed' };
    const best = { reported: { runId: 'r1', metrics: new Map([['auc', { value: 1, timestamp: 0, step: 0 }]]) } };
    expect(outcome(gate, { candidate: anEvaluation({}, { metrics: { auc: 0.5 } }), ...best })).toBe('failed');
    expect(outcome(gate, { candidate: anEvaluation({ onTrainingData: true }, { metrics: {} }), ...best })).toBe(
      'failed',
    );
    expect(evaluateGates([gate], { ...facts, ...best })[0]?.selfReported).toBe(false);
  });

  it('binds what was reported: another value is other evidence', () => {
    const digest = (value: number) =>
      evaluateGates([allowed], { ...facts, ...reported(value) })[0]?.evidence[0]?.digest;
    expect(digest(120)).toBe(digest(120));
    expect(digest(121)).not.toBe(digest(120));
  });
});

describe('a comparison with the holder', () => {
  const holder = (value: number) => ({
    holder: 1,
    holderEvaluation: anEvaluation({ version: 1 }, { metrics: { auc: value, log_loss: value } }),
  });

  it('passes while nothing holds the pointer', () => {
    expect(outcome(notWorse)).toBe('passed');
  });

  it('lacks its facts while the holder was not evaluated', () => {
    expect(outcome(notWorse, { holder: 1 })).toBe('missing');
  });

  it('allows the margin and no more', () => {
    expect(outcome(notWorse, holder(0.79))).toBe('passed');
    expect(outcome(notWorse, holder(0.7901))).toBe('failed');
  });

  it('turns round for a loss', () => {
    const gate: Gate = { gate: 'not-worse-than-holder', metric: 'log_loss', margin: 0.01 };
    expect(outcome(gate, holder(0.49))).toBe('passed');
    expect(outcome(gate, holder(0.48))).toBe('failed');
  });

  it('rests on both evaluations', () => {
    expect(evaluateGates([notWorse], { ...facts, ...holder(0.7) })[0]?.evidence).toHaveLength(2);
  });
});

describe('a comparison with the holder row by row', () => {
  const sure = { gate: 'not-worse-than-holder', metric: 'auc', margin: 0.02, confidence: 0.95 } as const;
  const candidate = anEvaluation({ runId: 'run-2' });
  const holderEvaluation = anEvaluation({ version: 1, runId: 'run-1' }, { metrics: { auc: 0.77 } });
  const known = (result: ComparisonResult): Partial<GateFacts> => {
    const spec = comparisonOf(sure, candidate, holderEvaluation);
    if ('refusal' in spec) throw new Error(spec.refusal);
    return { candidate, holder: 1, holderEvaluation, comparisons: new Map([[comparisonId(spec), result]]) };
  };
  const compared = (low: number) => known({ outcome: 'compared', estimate: 0.01, low, high: 0.05, resamples: 2000 });

  it('turns on the lower end of the interval, and shows estimate and interval', () => {
    expect(outcome(sure, compared(-0.02))).toBe('passed');
    expect(outcome(sure, compared(-0.0201))).toBe('failed');
    const [result] = evaluateGates([sure], { ...facts, ...compared(-0.02) });
    expect(result?.observed).toMatch(/\+0\.01.*95 %.*-0\.02.*\+0\.05.*2000 resamples/);
    expect(result?.evidence.map(({ kind }) => kind)).toEqual([
      'evaluation',
      'evaluation',
      'scores',
      'scores',
      'comparison',
    ]);
  });

  it('never fails a lower end that is higher than one that passes', () => {
    const low = fc.double({ min: -0.5, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(low, low, (a, b) => {
        const [worse, better] = a < b ? [a, b] : [b, a];
        expect(outcome(sure, compared(worse)) === 'passed' && outcome(sure, compared(better)) === 'failed').toBe(false);
      }),
    );
  });

  it('waits while the rows are being compared, and says so', () => {
    const [result] = evaluateGates([sure], { ...facts, candidate, holder: 1, holderEvaluation });
    expect(result).toMatchObject({ outcome: 'missing', pending: true });
  });

  it.each([
    [
      'rows that differ',
      { ...holderEvaluation, facts: { ...holderEvaluation.facts, rows: 149 } },
      "the rows don't match",
    ],
    ['scores that are not kept', { ...holderEvaluation, runId: null }, 'not kept'],
  ])('is not met for %s, and nobody waits', (_, other, why) => {
    const [result] = evaluateGates([sure], { ...facts, candidate, holder: 1, holderEvaluation: other });
    expect(result).toMatchObject({ outcome: 'missing', pending: false, observed: expect.stringContaining(why) });
  });

  it('is not met for a metric without an interval, or where the comparison was impossible', () => {
    const calibration: Gate = { ...sure, metric: 'calibration_error' };
    const measured = { metrics: { calibration_error: 0.1 } };
    expect(
      evaluateGates([calibration], {
        ...facts,
        candidate: anEvaluation({ runId: 'r' }, measured),
        holder: 1,
        holderEvaluation: anEvaluation({ version: 1, runId: 'r' }, measured),
      })[0],
    ).toMatchObject({ outcome: 'missing', pending: false });
    expect(outcome(sure, known({ outcome: 'impossible', reason: 'too few rows' }))).toBe('missing');
  });

  it('asks another question where the scores, the metric, the confidence or a threshold differ', () => {
    const id = (
      gate: typeof sure | (Omit<typeof sure, 'confidence'> & { confidence: number }),
      other = holderEvaluation,
    ) => {
      const spec = comparisonOf(gate, candidate, other);
      return 'refusal' in spec ? spec.refusal : comparisonId(spec);
    };
    const other = anEvaluation({ version: 1, runId: 'run-1' }, { threshold: 0.4 });
    expect(new Set([id(sure), id({ ...sure, confidence: 0.9 }), id(sure, other)]).size).toBe(3);
    expect(id({ ...sure })).toBe(id(sure));
  });
});

describe('the age of evidence', () => {
  it.each([
    ['2025-12-31T00:00:00Z', 'passed'],
    ['2025-12-30T23:59:59Z', 'missing'],
  ])('evaluated at %s: %s', (at, expected) => {
    expect(outcome(fresh, { candidate: anEvaluation({ createdAt: new Date(at) }) })).toBe(expected);
  });

  it('is that of the oldest thing which any gate of the policy looked at', () => {
    const old = anEvaluation({ version: 1, createdAt: new Date('2025-12-01T00:00:00Z') });
    const results = evaluateGates([fresh, notWorse], { ...facts, holder: 1, holderEvaluation: old });
    expect(results.map((result) => result.outcome)).toEqual(['missing', 'passed']);
    expect(results[0]?.observed).toContain('evaluation evaluation-1');
    expect(results[0]?.evidence).toEqual([{ kind: 'evaluation', id: old.id, digest: old.digest }]);
  });
});

describe('all gates together', () => {
  it('lack their facts without an evaluation', () => {
    const results = evaluateGates([auc, gap, notWorse, fresh], { ...facts, candidate: null });
    expect(results.map((each) => each.outcome)).toEqual(['missing', 'missing', 'missing', 'missing']);
    expect(overall(results)).toBe('missing');
  });

  it('fail on data that the version was trained on', () => {
    expect(overall(evaluateGates([auc, fresh], { ...facts, candidate: anEvaluation({ onTrainingData: true }) }))).toBe(
      'failed',
    );
    expect(outcome(fresh, { candidate: anEvaluation({ onTrainingData: true }) })).toBe('failed');
  });

  it('fail when one fails, also where another lacks its facts', () => {
    expect(overall(evaluateGates([{ ...auc, atLeast: 0.9 }, notWorse], { ...facts, holder: 1 }))).toBe('failed');
    expect(overall(evaluateGates([auc, notWorse], { ...facts, holder: 1 }))).toBe('missing');
    expect(
      overall(evaluateGates([auc, gap, notWorse, fresh], { ...facts, now: new Date('2026-01-05T00:00:00Z') })),
    ).toBe('passed');
  });
});
