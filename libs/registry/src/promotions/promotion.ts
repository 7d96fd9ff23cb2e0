import { createHash } from 'node:crypto';
import { type Actor, type ApprovalRule, type GateOutcome, type GateResult, type PromotionState, approverName } from '@assay/contracts';
import { canonicalJsonBytes } from '@assay/pure/formats';

/** One decision on a request. */
export interface Decision {
  id: string;
  decision: 'approve' | 'refuse';
  actorId: string;
  /** The role, or `group:<name>`, under which it counts. */
  role: string;
  comment: string;
  credential: 'password' | 'token' | 'oidc';
  binding: string;
  decidedAt: Date;
  voidedAt: Date | null;
}

/** A wish to move a pointer from what it holds to a version, bound to one policy text. */
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
  policyVersionId: string;
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
 * What an approver signs: SHA-256 over the version's manifest, the policy's text and each gate's result with the digests of what it looked
 * at. Whatever changes of these voids the signature.
 */
export function bindingOf(bound: {
  modelId: string;
  pointer: string;
  version: number;
  expectedHolder: number | null;
  manifestDigest: string;
  policyDigest: string;
  gates: readonly GateResult[];
}): string {
  const { gates, ...rest } = bound;
  const evidence = gates.map(({ index, gate, outcome, evidence: looked }) => ({
    index,
    gate,
    outcome,
    evidence: looked,
  }));
  return createHash('sha256')
    .update(canonicalJsonBytes({ ...rest, evidence }))
    .digest('hex');
}

/** Approvals that count: not voided, of the binding as it is now, by somebody other than the author or the requester. */
export function countingApprovals(
  decisions: readonly Decision[],
  binding: string,
  mayNotApprove: readonly string[],
): Decision[] {
  return decisions.filter(
    (one) =>
      one.decision === 'approve' &&
      one.voidedAt === null &&
      one.binding === binding &&
      !mayNotApprove.includes(one.actorId),
  );
}

/** What the policy still asks for, per role or group. Each person counts once, under the one that the decision names. */
export function missingApprovals(
  approvals: readonly ApprovalRule[],
  counting: readonly Decision[],
): { role: string; count: number }[] {
  const people = new Map(counting.map((one) => [one.actorId, one.role]));
  return approvals.flatMap((rule) => {
    const { count } = rule;
    const role = approverName(rule);
    const given = [...people.values()].filter((held) => held === role).length;
    return given >= count ? [] : [{ role, count: count - given }];
  });
}

/** What an actor may sign as: roles by their names, groups as `group:<name>`. */
export function approverNames({ roles, groups }: Pick<Actor, 'roles' | 'groups'>): string[] {
  return [...roles.map((role) => approverName({ role })), ...groups.map((group) => approverName({ group }))];
}

/** The role or group under which a person's approval counts: the first one still missing that the person holds; null if there is none. */
export function roleToSignAs(missing: readonly { role: string }[], held: readonly string[]): string | null {
  return missing.find(({ role }) => held.includes(role))?.role ?? null;
}
