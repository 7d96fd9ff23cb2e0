import { type Gate, type GateKind, gateKinds } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { evaluateGates } from './evaluate-gates.js';
import { facts, outcome } from './gate-facts.builder.js';

const gap: Gate = { gate: 'group-gap', column: 'sex', metric: 'auc', atMost: 0.1, minGroupRows: 20 };
const notWorse: Gate = { gate: 'not-worse-than-holder', metric: 'auc', margin: 0.01 };
const fresh: Gate = { gate: 'evidence-age', atMost: '10d' };

describe('each kind of gate', () => {
  const kinds: Record<GateKind, Gate> = {
    'metric-threshold': { gate: 'metric-threshold', metric: 'auc', atLeast: 0.1, selfReported: 'allowed' },
    'slice-threshold': { gate: 'slice-threshold', column: 'sex', metric: 'auc', atLeast: 0.1, minGroupRows: 1 },
    'group-gap': gap,
    'not-worse-than-holder': { ...notWorse, margin: 0.9 },
    'evidence-age': fresh,
    'drift-state': { gate: 'drift-state', atMost: 'warning', within: '9999d' },
    script: { gate: 'script', recipe: 'check', script: `sha256:${'a'.repeat(64)}`, parameters: {} },
  };

  it.each(gateKinds)('%s is not met while its facts are not there, and says why', (kind) => {
    const [result] = evaluateGates([kinds[kind]], { ...facts, candidate: null });
    expect(result).toMatchObject({ outcome: 'missing', observed: expect.stringMatching(/\w/), evidence: [] });
  });

  it.each(gateKinds)('%s never passes on data that the version was trained on', (kind) => {
    const trained = anEvaluation({ onTrainingData: true });
    expect(outcome(kinds[kind], { candidate: trained })).not.toBe('passed');
  });
});

describe('a metric that is called as something else in JavaScript', () => {
  it.each(['constructor', '__proto__', 'toString'])('is read like any other: %s', (metric) => {
    const own: Gate = { gate: 'metric-threshold', metric, atLeast: 1, selfReported: 'allowed' };
    const reported = { runId: 'r', metrics: new Map([[metric, { value: 2, timestamp: 0, step: 0 }]]) };
    expect(outcome(own)).toBe('missing');
    expect(outcome(own, { reported })).toBe('passed');
  });
});

describe('evidence that only its author dates', () => {
  it.each([0, Date.parse('2026-01-09T00:00:00Z'), 1e300])('has no age, whatever time it names: %s', (timestamp) => {
    const own: Gate = { gate: 'metric-threshold', metric: 'speed', atLeast: 1, selfReported: 'allowed' };
    const reported = { runId: 'r', metrics: new Map([['speed', { value: 2, timestamp, step: 0 }]]) };
    const [speed, age] = evaluateGates([own, fresh], { ...facts, reported, now: new Date('2026-01-02T00:00:00Z') });
    expect(speed).toMatchObject({ outcome: 'passed', selfReported: true });
    expect(age).toMatchObject({ outcome: 'missing', observed: expect.stringContaining('nobody but its author') });
  });
});

describe('groups that whoever evaluates could choose', () => {
  const young: Gate = { gate: 'group-gap', column: 'age', edges: [25], metric: 'auc', atMost: 0.1, minGroupRows: 20 };
  const cut = (edges?: number[]) => ({
    candidate: anEvaluation(
      {},
      {
        slices: [
          {
            column: 'age',
            ...(edges === undefined ? {} : { edges }),
            groups: ['≤25', '>25'].map((value) => ({ value, rows: 50, metrics: { auc: 0.8 } })),
          },
        ],
      },
    ),
  });

  it('count only where they are cut as the policy says', () => {
    const each: Gate = {
      gate: 'slice-threshold',
      column: 'age',
      edges: [25],
      metric: 'auc',
      atLeast: 0.7,
      minGroupRows: 20,
    };
    for (const gate of [young, each]) {
      expect(outcome(gate, cut([25]))).toBe('passed');
      for (const edges of [undefined, [60], [25, 60]]) expect(outcome(gate, cut(edges))).toBe('missing');
    }
    const { edges: _, ...uncut } = young;
    expect(outcome(uncut, cut([25]))).toBe('missing');
    expect(outcome(uncut, cut())).toBe('passed');
  });
});

describe('a holder that had learnt from the pinned data', () => {
  it('is no measure, with or without a confidence', () => {
    const held = { holder: 1, holderEvaluation: anEvaluation({ version: 1, runId: 'r', onTrainingData: true }) };
    for (const gate of [notWorse, { ...notWorse, confidence: 0.9 }])
      expect(evaluateGates([gate], { ...facts, candidate: anEvaluation({ runId: 'r' }), ...held })[0]).toMatchObject({
        outcome: 'missing',
        pending: false,
        observed: expect.stringContaining('was trained on the pinned data'),
      });
  });
});
