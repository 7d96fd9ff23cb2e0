import {
  type AcceptPolicyProposalRequest,
  type Actor,
  type PolicyProposal,
  type RefusePolicyProposalRequest,
  approverName,
} from '@assay/contracts';
import { CredentialProof, type Proven } from '@assay/access-reads';
import { AuditClient, type CoveredRow, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { countsOf, spokenMissing } from '../promotions/approvals.js';
import { ReadSigningRights, type Signer } from '../promotions/signing-rights.js';
import { BindPolicy } from './bind-policy.js';
import { PolicyProposals } from './policy-proposals.js';
import { missingAcceptances, type ProposalDecision, type ProposalFile, proposalBinding } from './policy-proposal.js';
import { PolicyProposalStore } from './policy-proposal.store.js';
import { readDraft } from './policy-draft.js';
import { ShowProposals } from './show-proposals.js';
import { WritePolicyVersion } from './write-policy-version.js';

type Named = { name: string; id: string };
type Verdict = PolicyProposal | AppError;
type Refusal = { why: string; error: AppError };

/**
 * Decides on a change of a policy that guards something. Whoever approves under the policy as it holds accepts the change, never whoever
 * proposed it; with the last acceptance the new version holds, in the same transaction. Refused attempts are kept.
 */
@Injectable()
export class DecidePolicyChange {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly files: PolicyProposals,
    private readonly proposals: PolicyProposalStore,
    private readonly proof: CredentialProof,
    private readonly rights: ReadSigningRights,
    private readonly bind: BindPolicy,
    private readonly write: WritePolicyVersion,
    private readonly show: ShowProposals,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async accept(actor: Actor, input: AcceptPolicyProposalRequest): Promise<PolicyProposal> {
    return this.decide(actor, 'accept', input, async (tx, file, { credential, rights }) => {
      if (input.binding !== undefined && input.binding !== file.proposal.binding)
        return conflict(file, 'changed', 'This is not what you looked at: look at the proposal again, then accept.');
      const missing = missingAcceptances(file);
      const approver = countsOf(missing, rights.names)?.[file.base.id];
      if (approver === undefined) {
        const held = missing.filter((one) => rights.names.includes(one.approver));
        return held.length > 0
          ? conflict(file, 'order', `Others decide first: ${spokenMissing(missing.filter(({ next }) => next))}.`)
          : denied(
              file,
              'role',
              `This needs ${spokenMissing(missing)}, which you are not, or were not when it was proposed.`,
            );
      }
      const made = { approver, comment: input.comment, credential };
      const { decision, signed } = await this.sign(tx, actor, file, 'accept', made);
      return missingAcceptances(signed).length === 0 ? this.apply(tx, actor, signed, decision) : signed;
    });
  }

  async refuse(actor: Actor, input: RefusePolicyProposalRequest): Promise<PolicyProposal> {
    return this.decide(actor, 'refuse', input, async (tx, file, { credential, rights }) => {
      const asked = file.base.document.approvals.map(approverName);
      const approver = asked.find((name) => rights.names.includes(name));
      if (approver === undefined) return denied(file, 'role', 'The policy gives your roles and groups no say in this.');
      const made = { approver, comment: input.comment, credential };
      const { decision, signed } = await this.sign(tx, actor, file, 'refuse', made);
      return this.files.end(tx, actor, signed, 'refused', 'an approver refused it', [decisionRow(decision)]);
    });
  }

  /** What bars acceptance and refusal alike, the work, and the record of whoever was turned away. */
  private async decide(
    actor: Actor,
    attempt: ProposalDecision['decision'],
    input: Named & Pick<AcceptPolicyProposalRequest, 'credential'>,
    work: (tx: Tx, file: ProposalFile, signer: Signer) => Promise<ProposalFile | Refusal>,
  ): Promise<PolicyProposal> {
    const proven = await this.proof.verify(actor, input.credential);
    const verdict = await this.database.transaction(async (tx): Promise<Verdict> => {
      const file = await this.files.lock(tx, actor, input);
      const signer = await this.signer(tx, actor, file, input, proven);
      const done = 'error' in signer ? signer : await work(tx, file, signer);
      if ('proposal' in done) return this.show.one(tx, done);
      await this.audit.refusedIn(tx, actor, {
        action: 'registry.policy.attempt-refused.v1',
        target: { type: 'policy', id: file.proposal.policyId },
        after: { attempt, why: done.why },
        links: { proposal: file.proposal.id },
      });
      return done.error;
    });
    if (verdict instanceof AppError) throw verdict;
    return verdict;
  }

  private async signer(
    tx: Tx,
    actor: Actor,
    file: ProposalFile,
    input: Pick<AcceptPolicyProposalRequest, 'credential'>,
    proven: Proven | null,
  ): Promise<Signer | Refusal> {
    const { proposal, decisions, mayNotAccept } = file;
    const asked = { requestedAt: proposal.proposedAt, mayNotApprove: mayNotAccept };
    const signer = await this.rights.execute(tx, actor, asked, input.credential, proven);
    if ('why' in signer) return denied(file, signer.why, signer.detail);
    if (proposal.proposedBy === actor.id)
      return denied(file, 'four-eyes', 'You proposed this change, so somebody else must decide on it.');
    if (mayNotAccept.includes(actor.id))
      return denied(
        file,
        'four-eyes',
        'A service account proposed this change that you made, or a token of it, so somebody else must decide on it.',
      );
    if (proposal.state !== 'open') {
      const why = proposal.outcome === null ? '' : `: ${proposal.outcome}`;
      return conflict(file, 'state', `The proposal is ${proposal.state}${why}.`);
    }
    if (decisions.some((one) => one.actorId === actor.id))
      return conflict(file, 'twice', 'You have decided on this proposal already.');
    return signer;
  }

  private async sign(
    tx: Tx,
    actor: Actor,
    file: ProposalFile,
    kind: ProposalDecision['decision'],
    made: Pick<ProposalDecision, 'approver' | 'comment' | 'credential'>,
  ): Promise<{ decision: ProposalDecision; signed: ProposalFile }> {
    const { proposal } = file;
    const decision = { id: newId(), decision: kind, actorId: actor.id, ...made, decidedAt: this.clock.now() };
    await this.proposals.insertDecision(tx, proposal.id, decision);
    const signed = { ...file, decisions: [...file.decisions, decision] };
    const complete = kind === 'accept' && missingAcceptances(signed).length === 0;
    if (kind === 'accept') {
      const { approver, credential, comment } = made;
      await this.audit.record(tx, actor, {
        action: 'registry.policy.change-accepted.v1',
        target: { type: 'policy', id: proposal.policyId },
        covers: [decisionRow(decision)],
        after: {
          proposal: proposal.id,
          decision: decision.id,
          approver,
          credential,
          signed: proposal.binding,
          complete,
        },
        personal: { comment },
        links: { proposal: proposal.id, policyVersion: proposal.baseVersionId },
      });
    }
    return { decision, signed };
  }

  /** Puts the accepted text in place, if it still means what was signed. */
  private async apply(tx: Tx, actor: Actor, file: ProposalFile, last: ProposalDecision): Promise<ProposalFile> {
    const { proposal, base } = file;
    const draft = await readDraft(proposal.text);
    const { guards } = await this.bind.inTransaction(tx, actor, draft, proposal.policyId, true);
    if (!base.current || proposalBinding(base, { digest: draft.digest, guards }) !== proposal.binding)
      return this.files.end(
        tx,
        actor,
        file,
        'superseded',
        'what it would guard has changed since: propose it again',
        [],
      );
    const accepted = await this.files.mark(tx, file, {
      state: 'accepted',
      version: base.version + 1,
      outcome: 'it was accepted',
    });
    await this.write.inTransaction(tx, actor, {
      policyId: proposal.policyId,
      current: base,
      draft,
      guards,
      publishedBy: proposal.proposedBy,
      covers: [row('registry.policy_proposal', proposal.id)],
      links: { proposal: proposal.id, acceptance: last.id },
    });
    return accepted;
  }
}

function decisionRow({ id }: ProposalDecision): CoveredRow {
  return row('registry.policy_proposal_decision', id);
}

function denied({ proposal }: ProposalFile, why: string, detail: string): Refusal {
  return { why, error: new AppError('PERMISSION_DENIED', detail, { state: proposal.state }) };
}

function conflict({ proposal }: ProposalFile, why: string, detail: string): Refusal {
  const { state, binding, outcome } = proposal;
  return { why, error: new AppError('RESOURCE_CONFLICT', detail, { state, binding, outcome }) };
}
