import { metricKind } from '@assay/contracts';
import type { EvaluationRecord } from '../evaluations/evaluation.js';
import { type ConfidentGate, comparisonId, comparisonOf, incomparable, resultDigest } from './comparison.js';
import { type Finding, type GateFacts, type Looked, looked, shown, tolerance } from './gate-facts.js';

export function notWorseThanHolderText(gate: ConfidentGate): string {
  const sure = gate.confidence === undefined ? '' : `, with a confidence of ${gate.confidence}`;
  return `${gate.metric} not worse than the holder's by more than ${gate.margin}${sure}`;
}

/** The candidate beside the holder on the same rows: the two values, or the worst end of the interval of their difference. */
export function notWorseThanHolder(gate: ConfidentGate, candidate: EvaluationRecord, facts: GateFacts): Finding {
  const { holder, holderEvaluation } = facts;
  const finding = (outcome: Finding['outcome'], observed: string, more: readonly Looked[] = []): Finding => ({
    outcome,
    observed,
    looked: [looked(candidate), ...more],
  });
  if (holder === null) return finding('passed', 'nothing holds the pointer');
  if (holder === candidate.version) return finding('passed', 'the version holds the pointer itself');
  if (holderEvaluation === null)
    return finding('missing', `the holder, version ${holder}, has no evaluation on the pinned data`);
  const value = candidate.facts.metrics[gate.metric];
  const held = holderEvaluation.facts.metrics[gate.metric];
  if (value === undefined || held === undefined)
    return finding('missing', `${gate.metric} was not measured`, [looked(holderEvaluation)]);
  const beside = `${gate.metric} is ${shown(value)}, the holder's (version ${holder}) ${shown(held)}`;
  const { confidence } = gate;
  if (confidence !== undefined) return compared({ ...gate, confidence }, candidate, holderEvaluation, facts, beside);
  const unlike = incomparable(candidate, holderEvaluation);
  if (unlike !== null) return finding('missing', `${beside}, but ${unlike}`, [looked(holderEvaluation)]);
  const worse = metricKind(gate.metric)?.better === 'lower' ? value - held : held - value;
  return finding(worse <= gate.margin + tolerance ? 'passed' : 'failed', beside, [looked(holderEvaluation)]);
}

function compared(
  gate: ConfidentGate & { confidence: number },
  candidate: EvaluationRecord,
  holder: EvaluationRecord,
  { comparisons }: GateFacts,
  beside: string,
): Finding {
  const spec = comparisonOf(gate, candidate, holder);
  const evidence = [looked(candidate), looked(holder)];
  if ('refusal' in spec) return { outcome: 'missing', observed: `${beside}, but ${spec.refusal}`, looked: evidence };
  const id = comparisonId(spec);
  const result = comparisons.get(id);
  if (result === undefined)
    return { outcome: 'missing', observed: `${beside}; the rows are being compared`, looked: evidence, pending: true };
  const oldest = candidate.createdAt < holder.createdAt ? candidate.createdAt : holder.createdAt;
  const rested: Looked[] = [
    ...evidence,
    ...[candidate, holder].map(({ id: evaluation, facts, createdAt }): Looked => ({
      kind: 'scores',
      id: evaluation,
      digest: facts.scores.digest,
      at: createdAt,
    })),
    { kind: 'comparison', id, digest: resultDigest(result), at: oldest },
  ];
  if (result.outcome === 'impossible')
    return { outcome: 'missing', observed: `${beside}, but ${result.reason}`, looked: rested };
  const percent = shown(100 * gate.confidence);
  return {
    outcome: result.low >= -gate.margin - tolerance ? 'passed' : 'failed',
    observed:
      `${beside}: row by row ${change(result.estimate)}, at ${percent} % confidence no worse than ${change(result.low)} and no better ` +
      `than ${change(result.high)} (paired bootstrap, ${result.resamples} resamples)`,
    looked: rested,
  };
}

/** A gain with its sign: positive is better for the candidate, whatever the metric. */
function change(gain: number): string {
  return gain > 0 ? `+${shown(gain)}` : shown(gain);
}
