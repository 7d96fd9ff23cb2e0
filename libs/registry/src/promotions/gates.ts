import { type Gate, type GateOutcome, type GateResult, metricKind } from '@assay/contracts';
import { groupGaps } from '../evaluations/evaluation.js';
import type { EvaluationRecord } from '../evaluations/evaluation.js';
import { durationMs } from './duration.js';

/** Everything that gates may look at. The evaluations are those on the data that the policy pins, never the author's own numbers. */
export interface GateFacts {
  now: Date;
  candidate: EvaluationRecord | null;
  /** Version that holds the pointer now; null while nothing does. */
  holder: number | null;
  holderEvaluation: EvaluationRecord | null;
}

interface Verdict {
  outcome: GateOutcome;
  required: string;
  observed: string;
  looked: readonly (EvaluationRecord | null)[];
}

/** Floating point sums of the same numbers may differ in the last bits; a gate never turns on those. */
const tolerance = 1e-12;

/** Evaluates each gate of a policy, in its order. Pure: the same facts give the same results. */
export function evaluateGates(gates: readonly Gate[], facts: GateFacts): Omit<GateResult, 'policy'>[] {
  return gates.map((gate, index) => {
    const { looked, ...verdict } = evaluate(gate, facts);
    const evidence = looked.flatMap((record) =>
      record === null ? [] : [{ evaluationId: record.id, digest: record.digest }],
    );
    return { index, gate: gate.gate, ...verdict, evidence };
  });
}

/** `failed` if any gate failed, else `missing` if any lacks its facts, else `passed`. */
export function overall(results: readonly Pick<GateResult, 'outcome'>[]): GateOutcome {
  if (results.some(({ outcome }) => outcome === 'failed')) return 'failed';
  return results.some(({ outcome }) => outcome === 'missing') ? 'missing' : 'passed';
}

function evaluate(gate: Gate, facts: GateFacts): Verdict {
  const { candidate } = facts;
  const required = requirement(gate);
  if (gate.gate === 'slice-threshold' || gate.gate === 'drift-state' || gate.gate === 'script')
    return { outcome: 'missing', required, observed: `nothing evaluates '${gate.gate}'`, looked: [] };
  if (candidate === null)
    return { outcome: 'missing', required, observed: 'the version has no evaluation on the pinned data', looked: [] };
  if (candidate.onTrainingData)
    return { outcome: 'failed', required, observed: 'the version was trained on the pinned data', looked: [candidate] };
  switch (gate.gate) {
    case 'metric-threshold':
      return { required, looked: [candidate], ...threshold(gate, candidate) };
    case 'group-gap':
      return { required, looked: [candidate], ...gap(gate, candidate) };
    case 'not-worse-than-holder':
      return { required, looked: [candidate, facts.holderEvaluation], ...comparison(gate, candidate, facts) };
    case 'evidence-age':
      return { required, looked: [candidate], ...age(gate, candidate, facts.now) };
  }
}

function requirement(gate: Gate): string {
  switch (gate.gate) {
    case 'metric-threshold': {
      const bounds = [
        gate.atLeast === undefined ? null : `at least ${gate.atLeast}`,
        gate.atMost === undefined ? null : `at most ${gate.atMost}`,
      ];
      return `${gate.metric} ${bounds.filter((bound) => bound !== null).join(' and ')}`;
    }
    case 'group-gap':
      return `${gate.metric} differs by at most ${gate.atMost} between groups of ${gate.column} (of ${gate.minGroupRows} rows or more)`;
    case 'not-worse-than-holder':
      return `${gate.metric} not worse than the holder's by more than ${gate.margin}`;
    case 'evidence-age':
      return `evaluated within the last ${gate.atMost}`;
    case 'slice-threshold':
    case 'drift-state':
    case 'script':
      return gate.gate;
  }
}

type Finding = Pick<Verdict, 'outcome' | 'observed'>;

function threshold(gate: Extract<Gate, { gate: 'metric-threshold' }>, candidate: EvaluationRecord): Finding {
  const value = candidate.facts.metrics[gate.metric];
  if (value === undefined) return { outcome: 'failed', observed: `${gate.metric} was not measured` };
  const high = gate.atLeast === undefined || value >= gate.atLeast - tolerance;
  const low = gate.atMost === undefined || value <= gate.atMost + tolerance;
  return { outcome: high && low ? 'passed' : 'failed', observed: `${gate.metric} is ${shown(value)}` };
}

function gap(gate: Extract<Gate, { gate: 'group-gap' }>, candidate: EvaluationRecord): Finding {
  const slice = candidate.facts.slices.find(({ column }) => column === gate.column);
  if (slice === undefined) return { outcome: 'failed', observed: `groups of ${gate.column} were not measured` };
  const small = slice.groups
    .filter((group) => group.rows < gate.minGroupRows)
    .map((group) => `${group.value} (${group.rows} rows)`);
  const left = small.length === 0 ? '' : `; too small to compare: ${small.join(', ')}`;
  const unmeasured = slice.groups
    .filter((group) => group.rows >= gate.minGroupRows && group.metrics[gate.metric] === undefined)
    .map(({ value }) => value);
  if (unmeasured.length > 0)
    return { outcome: 'failed', observed: `${gate.metric} is undefined for ${unmeasured.join(', ')}${left}` };
  const value = groupGaps(slice, gate.minGroupRows)[gate.metric];
  if (value === undefined)
    return { outcome: 'failed', observed: `fewer than two groups of ${gate.column} can be compared${left}` };
  const outcome = value <= gate.atMost + tolerance ? 'passed' : 'failed';
  return { outcome, observed: `${gate.metric} differs by ${shown(value)} between groups of ${gate.column}${left}` };
}

function comparison(
  gate: Extract<Gate, { gate: 'not-worse-than-holder' }>,
  candidate: EvaluationRecord,
  facts: GateFacts,
): Finding {
  if (facts.holder === null) return { outcome: 'passed', observed: 'nothing holds the pointer' };
  if (facts.holder === candidate.version)
    return { outcome: 'passed', observed: 'the version holds the pointer itself' };
  if (facts.holderEvaluation === null)
    return {
      outcome: 'missing',
      observed: `the holder, version ${facts.holder}, has no evaluation on the pinned data`,
    };
  const value = candidate.facts.metrics[gate.metric];
  const held = facts.holderEvaluation.facts.metrics[gate.metric];
  if (value === undefined || held === undefined)
    return { outcome: 'failed', observed: `${gate.metric} was not measured` };
  const worse = metricKind(gate.metric)?.better === 'lower' ? value - held : held - value;
  return {
    outcome: worse <= gate.margin + tolerance ? 'passed' : 'failed',
    observed: `${gate.metric} is ${shown(value)}, the holder's (version ${facts.holder}) ${shown(held)}`,
  };
}

function age(gate: Extract<Gate, { gate: 'evidence-age' }>, candidate: EvaluationRecord, now: Date): Finding {
  const old = now.getTime() - candidate.createdAt.getTime();
  return {
    outcome: old <= durationMs(gate.atMost) ? 'passed' : 'failed',
    observed: `evaluated at ${candidate.createdAt.toISOString()}`,
  };
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}
