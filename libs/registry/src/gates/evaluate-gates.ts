import type { Gate, GateOutcome, GateResult } from '@assay/contracts';
import { driftState, driftStateText } from './drift-state.js';
import { evidenceAge, evidenceAgeText } from './evidence-age.js';
import { type Finding, type GateFacts, looked } from './gate-facts.js';
import { metricThreshold, metricThresholdText } from './metric-threshold.js';
import { notWorseThanHolder, notWorseThanHolderText } from './not-worse-than-holder.js';
import { scriptText, scriptVerdict } from './script.js';
import { groupGap, groupGapText, sliceThreshold, sliceThresholdText } from './slices.js';

/**
 * Evaluates each gate of a policy, in its order. Pure: the same facts give the same results. A gate that can't be evaluated is `missing` with
 * the reason, which is never a pass.
 */
export function evaluateGates(gates: readonly Gate[], facts: GateFacts): Omit<GateResult, 'policy'>[] {
  const found = gates.map((gate) => (gate.gate === 'evidence-age' ? null : evaluate(gate, facts)));
  const evidence = found.flatMap((finding) => finding?.looked ?? []);
  return gates.map((gate, index) => {
    const finding =
      found[index] ?? (gate.gate === 'evidence-age' ? evidenceAge(gate, facts, evidence) : evaluate(gate, facts));
    return {
      index,
      gate: gate.gate,
      outcome: finding.outcome,
      required: requirement(gate),
      observed: finding.observed,
      evidence: finding.looked.map(({ kind, id, digest }) => ({ kind, id, digest })),
      selfReported: finding.selfReported ?? false,
      pending: finding.pending ?? false,
    };
  });
}

/** `failed` if any gate failed, else `missing` if any can't be evaluated, else `passed`. */
export function overall(results: readonly Pick<GateResult, 'outcome'>[]): GateOutcome {
  if (results.some(({ outcome }) => outcome === 'failed')) return 'failed';
  return results.some(({ outcome }) => outcome === 'missing') ? 'missing' : 'passed';
}

function evaluate(gate: Exclude<Gate, { gate: 'evidence-age' }>, facts: GateFacts): Finding {
  if (gate.gate === 'drift-state') return driftState(gate, facts);
  if (gate.gate === 'script') return scriptVerdict(gate, facts);
  const { candidate } = facts;
  if (candidate?.onTrainingData)
    return { outcome: 'failed', observed: 'the version was trained on the pinned data', looked: [looked(candidate)] };
  if (gate.gate === 'metric-threshold') return metricThreshold(gate, facts);
  if (candidate === null)
    return { outcome: 'missing', observed: 'the version has no evaluation on the pinned data', looked: [] };
  switch (gate.gate) {
    case 'slice-threshold':
      return sliceThreshold(gate, candidate);
    case 'group-gap':
      return groupGap(gate, candidate);
    case 'not-worse-than-holder':
      return notWorseThanHolder(gate, candidate, facts);
  }
}

/** What a gate asks for, in one sentence. */
function requirement(gate: Gate): string {
  switch (gate.gate) {
    case 'metric-threshold':
      return metricThresholdText(gate);
    case 'slice-threshold':
      return sliceThresholdText(gate);
    case 'group-gap':
      return groupGapText(gate);
    case 'not-worse-than-holder':
      return notWorseThanHolderText(gate);
    case 'evidence-age':
      return evidenceAgeText(gate);
    case 'drift-state':
      return driftStateText(gate);
    case 'script':
      return scriptText(gate);
  }
}
