import type { Gate } from '@assay/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { groupGaps } from '../evaluations/evaluation.js';
import { type GateFacts, evaluateGates, overall } from './gates.js';

const facts: GateFacts = {
  now: new Date('2026-01-10T00:00:00Z'),
  candidate: anEvaluation(),
  holder: null,
  holderEvaluation: null,
};
const auc: Gate = { gate: 'metric-threshold', metric: 'auc', atLeast: 0.72 };
const gap: Gate = { gate: 'group-gap', column: 'sex', metric: 'auc', atMost: 0.1, minGroupRows: 20 };
const notWorse: Gate = { gate: 'not-worse-than-holder', metric: 'auc', margin: 0.01 };
const fresh: Gate = { gate: 'evidence-age', atMost: '10d' };

function outcome(gate: Gate, change: Partial<GateFacts> = {}): string | undefined {
  return evaluateGates([gate], { ...facts, ...change })[0]?.outcome;
}

describe('a metric threshold', () => {
  it.each([
    [0.72, 'passed'],
    [0.78, 'passed'],
    [0.7199, 'failed'],
  ])('decides at its bound: auc %s is %s', (value, expected) => {
    expect(outcome(auc, { candidate: anEvaluation({}, { metrics: { auc: value } }) })).toBe(expected);
  });

  it('fails a metric that is undefined on these rows', () => {
    expect(outcome(auc, { candidate: anEvaluation({}, { metrics: {} }) })).toBe('failed');
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
    expect(outcome({ ...gap, column: 'age' })).toBe('failed');
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

describe('the age of evidence', () => {
  it.each([
    ['2025-12-31T00:00:00Z', 'passed'],
    ['2025-12-30T23:59:59Z', 'failed'],
  ])('evaluated at %s: %s', (at, expected) => {
    expect(outcome(fresh, { candidate: anEvaluation({ createdAt: new Date(at) }) })).toBe(expected);
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
  });

  it('fail when one fails, also where another lacks its facts', () => {
    expect(overall(evaluateGates([{ ...auc, atLeast: 0.9 }, notWorse], { ...facts, holder: 1 }))).toBe('failed');
    expect(overall(evaluateGates([auc, notWorse], { ...facts, holder: 1 }))).toBe('missing');
    expect(
      overall(evaluateGates([auc, gap, notWorse, fresh], { ...facts, now: new Date('2026-01-05T00:00:00Z') })),
    ).toBe('passed');
  });
});
