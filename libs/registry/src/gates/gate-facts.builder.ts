import type { Gate } from '@assay/contracts';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { evaluateGates } from './evaluate-gates.js';
import type { GateFacts } from './gate-facts.js';

/** What gates look at, for tests: a good evaluation, and nothing else. */
export const facts: GateFacts = {
  now: new Date('2026-01-10T00:00:00Z'),
  candidate: anEvaluation(),
  holder: null,
  holderEvaluation: null,
  comparisons: new Map(),
  reported: null,
  monitors: [],
  checked: null,
};

/** What comes of one gate on these facts with some of them changed. */
export function outcome(gate: Gate, change: Partial<GateFacts> = {}): string | undefined {
  return evaluateGates([gate], { ...facts, ...change })[0]?.outcome;
}
