import { type ApprovalRule, type PolicyDocument, approverName } from '@assay/contracts';
import type { Decision } from './promotion.js';

/** What one policy asks of the people who decide on a request. */
export interface ApprovalRules {
  readonly policyVersionId: string;
  /** Name of the policy. */
  readonly policy: string;
  readonly rules: readonly ApprovalRule[];
  readonly order: PolicyDocument['approvalOrder'];
}

/** What is still needed; `next`: it may be given now, in the policy's order. */
export interface MissingApproval {
  readonly policyVersionId: string;
  readonly policy: string;
  readonly approver: string;
  readonly count: number;
  readonly next: boolean;
}

interface Bound {
  readonly id: string;
  readonly name: string;
  readonly document: Pick<PolicyDocument, 'approvals' | 'approvalOrder' | 'rollback'>;
}

/** The approvals that each policy asks for: on the way back to an earlier holder, those of its rollback rule. */
export function approvalRules(policies: readonly Bound[], via: 'promotion' | 'rollback'): ApprovalRules[] {
  return policies.map(({ id, name, document }) => {
    const { approvals, approvalOrder: order, rollback } = document;
    const back = via === 'rollback' && rollback !== undefined ? rollback.approvals : 'same';
    return { policyVersionId: id, policy: name, rules: back === 'same' ? approvals : back, order };
  });
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

/**
 * Standing decisions that hold no longer: on something else than what holds now, and approvals of somebody who has become an author, with
 * those that came after them, whose signers counted on it.
 */
export function fallenDecisions(
  decisions: readonly Decision[],
  binding: string,
  mayNotApprove: readonly string[],
): Decision[] {
  const standing = decisions.filter(({ voidedAt }) => voidedAt === null);
  const first = standing.findIndex((one) => one.decision === 'approve' && mayNotApprove.includes(one.actorId));
  return standing.filter((one, place) => one.binding !== binding || (first >= 0 && place >= first));
}

/** What the policies still ask for. Each person counts once in each policy, under the role or group that the decision names for it. */
export function missingApprovals(
  asked: readonly ApprovalRules[],
  counting: readonly Pick<Decision, 'actorId' | 'counts'>[],
): MissingApproval[] {
  return asked.flatMap(({ policyVersionId, policy, rules, order }) => {
    const people = new Map(
      counting.flatMap(({ actorId, counts }) => {
        const approver = counts[policyVersionId];
        return approver === undefined ? [] : [[actorId, approver] as const];
      }),
    );
    const missing = rules.flatMap((rule) => {
      const approver = approverName(rule);
      const given = [...people.values()].filter((counted) => counted === approver).length;
      return given >= rule.count ? [] : [{ policyVersionId, policy, approver, count: rule.count - given }];
    });
    return missing.map((one, index) => ({ ...one, next: order === 'parallel' || index === 0 }));
  });
}

/**
 * Under what an approval counts in each policy: the first role or group still missing there that the person holds. `earlier`: what the
 * person's decision counts for already, which stays. Null where it adds nothing.
 */
export function countsOf(
  missing: readonly MissingApproval[],
  held: readonly string[],
  earlier: Decision['counts'] = {},
): Decision['counts'] | null {
  const added: Record<string, string> = {};
  for (const { policyVersionId, approver, next } of missing) {
    if (!next || !held.includes(approver)) continue;
    if (earlier[policyVersionId] === undefined) added[policyVersionId] ??= approver;
  }
  return Object.keys(added).length === 0 ? null : { ...earlier, ...added };
}

/** The roles and groups that a decision counts under, for people to read. */
export function signedAs(counts: Decision['counts']): string {
  return [...new Set(Object.values(counts))].toSorted().join(', ');
}

/** What is missing, in words. */
export function spokenMissing(missing: readonly MissingApproval[]): string {
  const several = new Set(missing.map(({ policyVersionId }) => policyVersionId)).size > 1;
  return missing
    .map(({ policy, approver, count }) => `${count} × ${approver}${several ? ` (policy ${policy})` : ''}`)
    .join(', ');
}
