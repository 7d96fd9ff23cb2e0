import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import type { PolicyDraft } from './policy-draft.js';
import { type ProposalRecord, proposalBinding } from './policy-proposal.js';
import { PolicyProposalStore } from './policy-proposal.store.js';
import type { BoundPointer, PolicyVersion } from './policy.store.js';
import { droppedGuards, sameGuards } from './write-policy-version.js';

/** Writes down a change of a policy that guards something. It waits for the people whom the policy, as it holds, asks for. */
@Injectable()
export class ProposePolicyChange {
  constructor(
    private readonly proposals: PolicyProposalStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /**
   * The policy must be locked. The same change proposed again is the one that waits.
   * @throws RESOURCE_CONFLICT while another change of the policy waits.
   */
  async inTransaction(
    tx: Tx,
    actor: Actor,
    change: { current: PolicyVersion; draft: PolicyDraft; guards: readonly BoundPointer[]; reason: string },
  ): Promise<ProposalRecord> {
    const { current, draft, guards, reason } = change;
    const waiting = await this.proposals.open(tx, current.policyId);
    if (waiting !== null) {
      if (waiting.digest === draft.digest && sameGuards(waiting.guards, guards)) return waiting;
      throw new AppError(
        'RESOURCE_CONFLICT',
        `Another change of '${current.name}' waits to be accepted: it is accepted, refused or withdrawn first.`,
        { proposal: waiting.id },
      );
    }
    const at = this.clock.now();
    const proposal: ProposalRecord = {
      id: newId(),
      workspace: actor.workspace,
      policyId: current.policyId,
      baseVersionId: current.id,
      text: draft.text,
      digest: draft.digest,
      document: draft.document,
      guards,
      drops: droppedGuards(current.guards, guards),
      binding: proposalBinding(current, { digest: draft.digest, guards }),
      reason,
      proposedBy: actor.onBehalfOf ?? actor.id,
      proposedAt: at,
      state: 'open',
      version: null,
      outcome: null,
      updatedAt: at,
    };
    await this.proposals.insert(tx, proposal);
    await this.audit.record(tx, actor, {
      action: 'registry.policy.proposed.v1',
      target: { type: 'policy', id: current.policyId },
      covers: [row('registry.policy_proposal', proposal.id)],
      before: { version: current.version, digest: current.digest },
      after: {
        proposal: proposal.id,
        name: current.name,
        digest: draft.digest,
        binding: proposal.binding,
        guards: guards.map(({ modelId, pointer }) => ({ modelId, pointer })),
        drops: proposal.drops.map(({ modelId, pointer }) => ({ modelId, pointer })),
      },
      ...(reason === '' ? {} : { reason }),
      links: { proposal: proposal.id, policyVersion: current.id },
    });
    return proposal;
  }
}
