import type { Gate } from '@assay/contracts';
import { durationMs } from '../promotions/duration.js';
import { type Finding, type GateFacts, type Looked, looked } from './gate-facts.js';

type EvidenceAge = Extract<Gate, { gate: 'evidence-age' }>;

export function evidenceAgeText(gate: EvidenceAge): string {
  return `no evidence older than ${gate.atMost}`;
}

/** The oldest of everything that the policy's other gates looked at, and of the version's evaluation. */
export function evidenceAge(gate: EvidenceAge, { candidate, now }: GateFacts, others: readonly Looked[]): Finding {
  if (candidate?.onTrainingData)
    return { outcome: 'failed', observed: 'the version was trained on the pinned data', looked: [looked(candidate)] };
  const evidence = [...(candidate === null ? [] : [looked(candidate)]), ...others];
  const ageless = evidence.find(({ at }) => at === null);
  if (ageless !== undefined)
    return {
      outcome: 'missing',
      observed: `nobody but its author says how old the evidence is (${ageless.kind} ${ageless.id})`,
      looked: [ageless],
    };
  const dated = evidence.flatMap(({ at, ...one }) => (at === null ? [] : [{ ...one, at }]));
  const [oldest] = dated.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  if (oldest === undefined) return { outcome: 'missing', observed: 'there is no evidence', looked: [] };
  const inTime = now.getTime() - oldest.at.getTime() <= durationMs(gate.atMost);
  return {
    outcome: inTime ? 'passed' : 'missing',
    observed: `the oldest evidence (${oldest.kind} ${oldest.id}) is of ${oldest.at.toISOString()}`,
    looked: [oldest],
  };
}
