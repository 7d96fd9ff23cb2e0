import { Standing } from '@assay/access-reads';
import type { Actor, PolicyProposal, ProposalState } from '@assay/contracts';
import { AuditClient, type CoveredRow, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import type { ProposalFile, ProposalRecord } from './policy-proposal.js';
import { PolicyProposalStore } from './policy-proposal.store.js';
import { mayReadPolicy } from './policy.js';
import { PolicyStore } from './policy.store.js';
import { ShowProposals } from './show-proposals.js';

type Named = { name: string; id: string };

/** Proposals to change policies: read, held for a decision, ended and withdrawn. */
@Injectable()
export class PolicyProposals {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proposals: PolicyProposalStore,
    private readonly policies: PolicyStore,
    private readonly standing: Standing,
    private readonly show: ShowProposals,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async get(actor: Actor, named: Named): Promise<PolicyProposal> {
    return this.database.read(async (tx) => this.show.one(tx, await this.read(tx, actor, named)));
  }

  async list(
    actor: Actor,
    { name, state }: { name: string; state?: ProposalState | undefined },
  ): Promise<PolicyProposal[]> {
    return this.database.read(async (tx) => {
      const policy = await this.policies.find(tx, actor.workspace, name);
      if (policy === null || !mayReadPolicy(actor, policy))
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no policy '${name}'.`);
      const found = await this.proposals.list(tx, policy.policyId, state ?? null);
      const files = await this.filesOf(tx, found);
      return this.show.all(
        tx,
        files.filter((file) => mayReadProposal(actor, file)),
      );
    });
  }

  /** Whoever proposed a change, or an administrator, takes it back. */
  async withdraw(actor: Actor, input: Named & { comment: string }): Promise<PolicyProposal> {
    return this.database.transaction(async (tx) => {
      const file = await this.lock(tx, actor, input);
      const { state, outcome, proposedBy } = file.proposal;
      if (proposedBy !== (actor.onBehalfOf ?? actor.id) && !actor.permissions.includes('access:admin'))
        throw new AppError('PERMISSION_DENIED', 'Only whoever proposed it, or an administrator, withdraws a proposal.');
      if (state !== 'open')
        throw new AppError(
          'RESOURCE_CONFLICT',
          `The proposal is ${state} already${outcome === null ? '' : `: ${outcome}`}.`,
          {
            state,
          },
        );
      const ended = await this.end(tx, actor, file, 'withdrawn', 'it was withdrawn', [], input.comment);
      return this.show.one(tx, ended);
    });
  }

  /** Opens a proposal for a decision: nobody else publishes or decides about its policy until the transaction ends. */
  async lock(tx: Tx, actor: Actor, named: Named): Promise<ProposalFile> {
    await this.policies.lockNamed(tx, actor.workspace, named.name);
    return this.read(tx, actor, named);
  }

  /** Ends a proposal that changes nothing, with its record. */
  async end(
    tx: Tx,
    actor: Actor,
    file: ProposalFile,
    state: 'refused' | 'withdrawn' | 'superseded',
    outcome: string,
    covers: readonly CoveredRow[],
    reason = '',
  ): Promise<ProposalFile> {
    const { proposal } = file;
    const last = file.decisions.at(-1);
    const ended = await this.mark(tx, file, { state, version: null, outcome });
    await this.audit.record(tx, actor, {
      action: `registry.policy.change-${state}.v1`,
      target: { type: 'policy', id: proposal.policyId },
      covers: [row('registry.policy_proposal', proposal.id), ...covers],
      before: { state: proposal.state },
      after: { proposal: proposal.id, state, outcome },
      ...(state === 'refused' && last !== undefined ? { personal: { comment: last.comment } } : {}),
      ...(reason === '' ? {} : { reason }),
      links: { proposal: proposal.id, policyVersion: proposal.baseVersionId },
    });
    return ended;
  }

  /** Writes a proposal's state; its row needs a record's `covers`. */
  async mark(
    tx: Tx,
    file: ProposalFile,
    to: Pick<ProposalRecord, 'state' | 'version' | 'outcome'>,
  ): Promise<ProposalFile> {
    const proposal = { ...file.proposal, ...to, updatedAt: this.clock.now() };
    await this.proposals.update(tx, proposal);
    return { ...file, proposal };
  }

  private async read(tx: Tx, actor: Actor, { name, id }: Named): Promise<ProposalFile> {
    const found = await this.proposals.find(tx, actor.workspace, name, id);
    const [file] = found === null ? [] : await this.filesOf(tx, [found]);
    if (file === undefined || !mayReadProposal(actor, file))
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no proposal '${id}' to change the policy '${name}'.`);
    return file;
  }

  private async filesOf(tx: Tx, found: readonly ProposalRecord[]): Promise<ProposalFile[]> {
    const bases = await this.policies.versionsById(
      tx,
      found.map(({ baseVersionId }) => baseVersionId),
    );
    const decisions = await this.proposals.decisions(
      tx,
      found.map(({ id }) => id),
    );
    const files: ProposalFile[] = [];
    for (const proposal of found) {
      const base = bases.get(proposal.baseVersionId);
      if (base === undefined) throw new Error(`policy version ${proposal.baseVersionId} vanished`);
      const mayNotAccept = await this.standing.behind(tx, [proposal.proposedBy]);
      files.push({ proposal, base, decisions: decisions.get(proposal.id) ?? [], mayNotAccept });
    }
    return files;
  }
}

/** A proposal tells of what it would guard and of what the version that it replaces does, so both must be readable. */
function mayReadProposal(actor: Actor, { proposal, base }: ProposalFile): boolean {
  return mayReadPolicy(actor, proposal) && mayReadPolicy(actor, base);
}
