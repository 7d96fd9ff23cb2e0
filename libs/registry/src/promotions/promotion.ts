import { createHash } from 'node:crypto';
import type { GateOutcome, GateResult, PromotionState } from '@assay/contracts';
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

/** A wish to move a pointer from what it holds to a version, bound to one text of each policy that guards the pointer. */
export interface PromotionRecord {
  id: string;
  workspace: string;
  modelId: string;
  model: string;
  pointer: string;
  /** `rollback`: the version held the pointer before, by an approved request. */
  via: 'promotion' | 'rollback';
  version: number;
  expectedHolder: number | null;
  policyVersionIds: readonly string[];
  manifestDigest: string;
  reason: string;
  requestedBy: string;
  mayNotApprove: readonly string[];
  requestedAt: Date;
  expiresAt: Date;
  state: PromotionState;
  binding: string;
  gates: readonly GateResult[];
  outcome: string | null;
  updatedAt: Date;
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
 * What an approver signs: SHA-256 over the version's manifest, the policies' texts and each gate's result with the digests of what it looked
 * at. Whatever changes of these voids the signature.
 */
export function bindingOf(bound: {
  modelId: string;
  pointer: string;
  version: number;
  expectedHolder: number | null;
  manifestDigest: string;
  policyDigests: readonly string[];
  gates: readonly GateResult[];
}): string {
  const { gates, ...rest } = bound;
  const evidence = gates.map(({ policy, index, gate, outcome, evidence: looked, selfReported }) => ({
    policy,
    index,
    gate,
    outcome,
    evidence: looked,
    selfReported,
  }));
  return createHash('sha256')
    .update(canonicalJsonBytes({ ...rest, evidence }))
    .digest('hex');
}
