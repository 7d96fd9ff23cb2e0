import { createHash } from 'node:crypto';
import type { GateOutcome, PromotionGate, PromotionState } from '@assay/contracts';
import { canonicalJsonBytes } from '@assay/pure/formats';

/** One decision on a request. */
export interface Decision {
  id: string;
  decision: 'approve' | 'refuse';
  actorId: string;
  /** The roles, and groups as `group:<name>`, under which it counts, for people to read. */
  role: string;
  /** Policy version → the role or group under which it counts there; empty for a refusal. */
  counts: Readonly<Record<string, string>>;
  comment: string;
  credential: 'password' | 'token' | 'oidc';
  binding: string;
  decidedAt: Date;
  voidedAt: Date | null;
}

/** One pointer that a request wants to move from what it holds to a version. */
export interface WantedMove {
  modelId: string;
  model: string;
  pointer: string;
  version: number;
  expectedHolder: number | null;
  manifestDigest: string;
  /** The text of each policy that guards the pointer. */
  policyVersionIds: readonly string[];
}

/** A wish to move pointers, all of them in one step or none, bound to one text of each policy that guards one of them. */
export interface PromotionRecord {
  id: string;
  workspace: string;
  moves: readonly WantedMove[];
  /** `rollback`: each version held its pointer before, by an approved request. */
  via: 'promotion' | 'rollback';
  reason: string;
  requestedBy: string;
  mayNotApprove: readonly string[];
  requestedAt: Date;
  expiresAt: Date;
  state: PromotionState;
  binding: string;
  gates: readonly PromotionGate[];
  outcome: string | null;
  updatedAt: Date;
}

/** Every policy text that a request is bound to. */
export function policyVersionsOf({ moves }: Pick<PromotionRecord, 'moves'>): string[] {
  return [...new Set(moves.flatMap(({ policyVersionIds }) => policyVersionIds))].toSorted();
}

/** A move in words, for people who read why something ended. */
export function spokenMove({ model, pointer, version }: Pick<WantedMove, 'model' | 'pointer' | 'version'>): string {
  return `${model}@${pointer} to version ${version}`;
}

/** What can happen to a request. `signed` carries whether the policy's approvals are complete with it. */
export type PromotionEvent =
  | { type: 'gates'; outcome: GateOutcome }
  | { type: 'signed'; complete: boolean }
  | { type: 'moved' }
  | { type: 'refuse' }
  | { type: 'withdraw' }
  | { type: 'expire' }
  | { type: 'supersede' };

const undecided: readonly PromotionState[] = ['open', 'checking', 'awaiting_approval'];

/** Whether a request can still change. */
export function isEnded(state: PromotionState): boolean {
  return (
    state === 'applied' || state === 'refused' || state === 'withdrawn' || state === 'expired' || state === 'superseded'
  );
}

/**
 * The state after an event, or null where the event is not possible: open → checking → awaiting approval → approved → applied, with
 * refused, withdrawn, expired and superseded as the other ends. An ended request never changes.
 */
export function nextState(state: PromotionState, event: PromotionEvent): PromotionState | null {
  switch (event.type) {
    case 'gates':
      if (!undecided.includes(state)) return null;
      return event.outcome === 'failed' ? 'refused' : event.outcome === 'missing' ? 'checking' : 'awaiting_approval';
    case 'signed':
      return state === 'awaiting_approval' ? (event.complete ? 'approved' : 'awaiting_approval') : null;
    case 'moved':
      return state === 'approved' ? 'applied' : null;
    case 'refuse':
      return undecided.includes(state) ? 'refused' : null;
    case 'withdraw':
      return undecided.includes(state) ? 'withdrawn' : null;
    case 'expire':
      return undecided.includes(state) ? 'expired' : null;
    case 'supersede':
      return isEnded(state) ? null : 'superseded';
  }
}

/**
 * What an approver signs: SHA-256 over each move with its version's manifest, the policies' texts and each gate's result with the digests of
 * what it looked at. Whatever changes of these voids the signature.
 */
export function bindingOf(bound: {
  moves: readonly Omit<WantedMove, 'model' | 'policyVersionIds'>[];
  policyDigests: readonly string[];
  gates: readonly PromotionGate[];
}): string {
  const moves = bound.moves.map(({ modelId, pointer, version, expectedHolder, manifestDigest }) => ({
    modelId,
    pointer,
    version,
    expectedHolder,
    manifestDigest,
  }));
  const evidence = bound.gates.map(({ move, policy, index, gate, outcome, evidence: looked, selfReported }) => ({
    move,
    policy,
    index,
    gate,
    outcome,
    evidence: looked,
    selfReported,
  }));
  const { policyDigests } = bound;
  return createHash('sha256').update(canonicalJsonBytes({ moves, policyDigests, evidence })).digest('hex');
}
