import { PersonNames } from '@assay/access-reads';
import type { PolicyProposal, Somebody } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { missingAcceptances, type ProposalFile } from './policy-proposal.js';

/** Proposals as the API answers them, with the names of the people in them: one query, however many there are. */
@Injectable()
export class ShowProposals {
  constructor(private readonly names: PersonNames) {}

  async all(tx: Tx, files: readonly ProposalFile[]): Promise<PolicyProposal[]> {
    const names = await this.names.of(
      tx,
      files.flatMap(({ mayNotAccept, decisions }) => [...mayNotAccept, ...decisions.map(({ actorId }) => actorId)]),
    );
    return files.map((file) => shown(file, (id) => ({ id, name: names.get(id) ?? null })));
  }

  async one(tx: Tx, file: ProposalFile): Promise<PolicyProposal> {
    const [proposal] = await this.all(tx, [file]);
    if (proposal === undefined) throw new Error(`proposal ${file.proposal.id} was not shown`);
    return proposal;
  }
}

function shown(file: ProposalFile, somebody: (id: string) => Somebody): PolicyProposal {
  const { proposal, base, mayNotAccept, decisions } = file;
  const { id, state, version, digest, text, guards, drops, binding, reason, proposedBy, outcome } = proposal;
  return {
    id,
    policy: base.name,
    state,
    base: { version: base.version, digest: base.digest, text: base.text },
    version,
    digest,
    text,
    guards: [...guards],
    drops: [...drops],
    binding,
    reason,
    proposedBy: somebody(proposedBy),
    proposedAt: proposal.proposedAt.toISOString(),
    mayNotAccept: mayNotAccept.map(somebody),
    decisions: decisions.map((one) => ({
      decision: one.decision,
      by: somebody(one.actorId),
      approver: one.approver,
      at: one.decidedAt.toISOString(),
      comment: one.comment,
      credential: one.credential,
    })),
    missingApprovals:
      state === 'open' ? missingAcceptances(file).map(({ approver, count, next }) => ({ approver, count, next })) : [],
    outcome,
    updatedAt: proposal.updatedAt.toISOString(),
  };
}
