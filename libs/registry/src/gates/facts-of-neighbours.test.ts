import type { Gate } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { evaluateGates } from './evaluate-gates.js';
import { facts, outcome } from './gate-facts.builder.js';
import type { GateFacts } from './gate-facts.js';

describe('the state of drift', () => {
  const gate: Gate = { gate: 'drift-state', atMost: 'ok', within: '30d' };
  const window = {
    id: 'w1',
    to: new Date('2026-01-01T00:00:00Z'),
    verdict: 'steady',
    predictionsDigest: 'a'.repeat(64),
    judgedAt: new Date('2026-01-01T01:00:00Z'),
  } as const;
  const monitor = { monitorId: 'm1', name: 'monthly', pointer: 'champion', window, openAlerts: [] };
  const alert = { id: 'a1', kind: 'drift', severity: 'high' };
  const shifted = { ...monitor, window: { ...window, verdict: 'shifted' } } as const;

  it('is ok while the newest window is steady, a warning while it is off, an alarm while an alert is open', () => {
    expect(outcome(gate, { monitors: [monitor] })).toBe('passed');
    expect(outcome(gate, { monitors: [shifted] })).toBe('failed');
    expect(outcome({ ...gate, atMost: 'warning' }, { monitors: [shifted] })).toBe('passed');
    expect(outcome({ ...gate, atMost: 'warning' }, { monitors: [{ ...monitor, openAlerts: [alert] }] })).toBe('failed');
  });

  it('is the worst of all monitors', () => {
    expect(outcome(gate, { monitors: [monitor, { ...shifted, monitorId: 'm2', name: 'weekly' }] })).toBe('failed');
  });

  it.each([
    ['no monitor', []],
    ['no window', [{ ...monitor, window: null }]],
    ['too few predictions', [{ ...monitor, window: { ...window, verdict: 'not-enough-data' as const } }]],
    ['an old window', [{ ...monitor, window: { ...window, to: new Date('2025-12-10T23:59:59Z') } }]],
    [
      'a window that was judged before it was over',
      [{ ...monitor, window: { ...window, to: new Date('2999-01-01T00:00:00Z') } }],
    ],
    ['one of two that says nothing', [monitor, { ...monitor, monitorId: 'm2', name: 'weekly', window: null }]],
  ])('is not known with %s', (_, monitors) => {
    expect(outcome(gate, { monitors })).toBe('missing');
  });

  it('rests on the window and the open alerts', () => {
    const digest = (openAlerts: (typeof alert)[]) =>
      evaluateGates([gate], { ...facts, monitors: [{ ...monitor, openAlerts }] })[0]?.evidence[0]?.digest;
    expect(digest([])).toBe(digest([]));
    expect(digest([alert])).not.toBe(digest([]));
  });
});

describe('a script', () => {
  const pinned = 'c'.repeat(64);
  const gate: Gate = { gate: 'script', recipe: 'check', script: `sha256:${pinned}`, parameters: { floor: 0.3 } };
  const said = {
    passed: true,
    reason: 'every positive above 0.3',
    manifest: 'm',
    dataset: 'd',
    script: pinned,
    network: 'none',
  } as const;
  const job = {
    jobId: 'j1',
    state: 'succeeded',
    script: pinned,
    parameters: { floor: 0.3 },
    said,
    error: null,
    createdAt: new Date('2026-01-02T00:00:00Z'),
    endedAt: new Date('2026-01-02T00:01:00Z'),
  } as const;
  type Verdict = NonNullable<GateFacts['checked']>['verdicts'][number];
  const by = (...verdicts: Verdict[]): Partial<GateFacts> => ({
    checked: { manifest: 'm', dataset: 'd', onTrainingData: false, verdicts },
  });

  it('passes or fails as its job says, with the reason, also without an evaluation', () => {
    const [result] = evaluateGates([gate], { ...facts, candidate: null, ...by(job) });
    expect(result).toMatchObject({
      outcome: 'passed',
      observed: 'every positive above 0.3 (job j1, without a network)',
      evidence: [{ kind: 'job', id: 'j1' }],
    });
    expect(outcome(gate, by({ ...job, said: { ...said, passed: false } }))).toBe('failed');
  });

  it.each<[string, Verdict]>([
    ['is queued', { ...job, state: 'queued', said: null, endedAt: null }],
    ['runs', { ...job, state: 'running', said: null, endedAt: null }],
    ['failed', { ...job, state: 'failed', said: null, error: 'no such column' }],
    ['was cancelled', { ...job, state: 'cancelled', said: null }],
    ['checked another version', { ...job, said: { ...said, manifest: 'other' } }],
    ['checked on other data', { ...job, said: { ...said, dataset: 'other' } }],
    ['ran another script', { ...job, said: { ...said, script: 'other' } }],
    ['was given other parameters', { ...job, parameters: { floor: 0.2 } }],
    ['gave no verdict', { ...job, said: null }],
  ])('is not met where the job %s', (_, verdict) => {
    expect(outcome(gate, by(verdict))).toBe('missing');
  });

  it('tells whether the script had a network, and approvers sign that with it', () => {
    const results = (['none', 'open'] as const).map(
      (network) => evaluateGates([gate], { ...facts, ...by({ ...job, said: { ...said, network } }) })[0],
    );
    expect(results.map((result) => result?.observed)).toEqual([
      expect.stringContaining('without a network'),
      expect.stringContaining('the network was not cut off'),
    ]);
    expect(results[0]?.evidence[0]?.digest).not.toBe(results[1]?.evidence[0]?.digest);
  });

  it('goes by the newest job, so that nobody picks the one that pleases', () => {
    expect(outcome(gate, by({ ...job, jobId: 'j2', said: { ...said, passed: false } }, job))).toBe('failed');
    expect(outcome(gate, by({ ...job, jobId: 'j2', state: 'running', said: null, endedAt: null }, job))).toBe(
      'missing',
    );
  });

  it('is not met without a job, and fails on data that the version was trained on', () => {
    expect(outcome(gate)).toBe('missing');
    expect(outcome(gate, by())).toBe('missing');
    expect(outcome(gate, { checked: { manifest: 'm', dataset: 'd', onTrainingData: true, verdicts: [job] } })).toBe(
      'failed',
    );
  });
});
