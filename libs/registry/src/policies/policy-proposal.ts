import { createHash } from 'node:crypto';
import type { PolicyDocument, ProposalState } from '@assay/contracts';
import { canonicalJsonBytes } from '@assay/pure/formats';
import { approvalRules, missingApprovals, type MissingApproval } from '../promotions/approvals.js';
import type { BoundPointer, PolicyVersion } from './policy.store.js';
import { droppedGuards } from './write-policy-version.js';

/** One decision on a proposal. */
export interface ProposalDecision {
  id: string;
  decision: 'accept' | 'refuse';
  actorId: string;
  /** The role, or `group:<name>`, under which it counts. */
  approver: string;
  comment: string;
  credential: 'password' | 'token' | 'oidc';
  decidedAt: Date;
}

/** A wish to change a policy that guards something. What it would put in place never changes. */
export interface ProposalRecord {
  id: string;
  workspace: string;
  policyId: string;
  baseVersionId: string;
  text: string;
  digest: string;
  document: PolicyDocument;
  guards: readonly BoundPointer[];
  drops: readonly BoundPointer[];
  binding: string;
  reason: string;
  proposedBy: string;
  proposedAt: Date;
  state: ProposalState;
  version: number | null;
  outcome: string | null;
  updatedAt: Date;
}

/** A proposal with what belongs to it. `base` is the version that it is to replace. */
export interface ProposalFile {
  proposal: ProposalRecord;
  base: PolicyVersion;
  decisions: readonly ProposalDecision[];
  /** Whoever proposed it, and for a service account whoever made it or a token of it. */
  mayNotAccept: readonly string[];
}

/** What an accepter signs: SHA-256 over the text that holds, the text that is to hold, and what each of them guards. */
export function proposalBinding(
  base: PolicyVersion,
  next: { digest: string; guards: readonly BoundPointer[] },
): string {
  const places = (guards: readonly BoundPointer[]): string[] =>
    guards.map(({ modelId, pointer }) => `${modelId}/${pointer}`).toSorted();
  return createHash('sha256')
    .update(
      canonicalJsonBytes({
        policyId: base.policyId,
        from: base.digest,
        to: next.digest,
        guards: places(next.guards),
        drops: places(droppedGuards(base.guards, next.guards)),
      }),
    )
    .digest('hex');
}

/** What the version that holds asks for, before it may be replaced. */
export function missingAcceptances({ base, mayNotAccept, decisions }: ProposalFile): MissingApproval[] {
  const counting = decisions
    .filter(({ decision, actorId }) => decision === 'accept' && !mayNotAccept.includes(actorId))
    .map(({ actorId, approver }) => ({ actorId, counts: { [base.id]: approver } }));
  return missingApprovals(approvalRules([base], 'promotion'), counting);
}
