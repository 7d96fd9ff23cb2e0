import { policyDocument, proposalStates } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { ProposalDecision, ProposalRecord } from './policy-proposal.js';

const bound = z.array(z.object({ modelId: z.string(), model: z.string(), pointer: z.string() }));

const proposalRow = z.object({
  id: z.string(),
  workspace: z.string(),
  policyId: z.string(),
  baseVersionId: z.string(),
  text: z.string(),
  digest: z.string(),
  document: policyDocument,
  guards: bound,
  drops: bound,
  binding: z.string(),
  reason: z.string(),
  proposedBy: z.string(),
  proposedAt: z.date(),
  state: z.enum(proposalStates),
  version: z.union([z.null(), z.coerce.number()]),
  outcome: z.string().nullable(),
  updatedAt: z.date(),
});

const decisionRow = z.object({
  id: z.string(),
  proposalId: z.string(),
  decision: z.enum(['accept', 'refuse']),
  actorId: z.string(),
  approver: z.string(),
  comment: z.string(),
  credential: z.enum(['password', 'token', 'oidc']),
  decidedAt: z.date(),
});

const select = `select c.id, c.workspace, c.policy_id as "policyId", c.base_version_id as "baseVersionId", c.text, c.digest, c.document, c.guards,
    c.drops, c.binding, c.reason, c.proposed_by as "proposedBy", c.proposed_at as "proposedAt", c.state, c.version, c.outcome,
    c.updated_at as "updatedAt"
  from registry.policy_proposal c join registry.policy p on p.id = c.policy_id`;

@Injectable()
export class PolicyProposalStore {
  /** A proposal of the named policy. */
  async find(tx: Tx, workspace: string, policy: string, id: string): Promise<ProposalRecord | null> {
    const rows: unknown[] = await tx.query(`${select} where p.workspace = $1 and p.name = $2 and c.id = $3`, [
      workspace,
      policy,
      id,
    ]);
    return rows.length === 0 ? null : proposalRow.parse(rows[0]);
  }

  /** The one proposal of a policy that waits, or null. */
  async open(tx: Tx, policyId: string): Promise<ProposalRecord | null> {
    const rows: unknown[] = await tx.query(`${select} where c.policy_id = $1 and c.state = 'open'`, [policyId]);
    return rows.length === 0 ? null : proposalRow.parse(rows[0]);
  }

  /** Proposals of a policy, newest first. */
  async list(tx: Tx, policyId: string, state: string | null): Promise<ProposalRecord[]> {
    const rows: unknown[] = await tx.query(
      `${select} where c.policy_id = $1 and ($2::text is null or c.state = $2) order by c.proposed_at desc, c.id desc limit 100`,
      [policyId, state],
    );
    return rows.map((row) => proposalRow.parse(row));
  }

  async insert(tx: Tx, proposal: ProposalRecord): Promise<void> {
    await tx.query(
      `insert into registry.policy_proposal (id, workspace, policy_id, base_version_id, text, digest, document, guards, drops, binding, reason,
           proposed_by, proposed_at, state, version, outcome, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
      [
        proposal.id,
        proposal.workspace,
        proposal.policyId,
        proposal.baseVersionId,
        proposal.text,
        proposal.digest,
        JSON.stringify(proposal.document),
        JSON.stringify(proposal.guards),
        JSON.stringify(proposal.drops),
        proposal.binding,
        proposal.reason,
        proposal.proposedBy,
        proposal.proposedAt,
        proposal.state,
        proposal.version,
        proposal.outcome,
        proposal.updatedAt,
      ],
    );
  }

  async update(
    tx: Tx,
    proposal: Pick<ProposalRecord, 'id' | 'state' | 'version' | 'outcome' | 'updatedAt'>,
  ): Promise<void> {
    await tx.query(
      'update registry.policy_proposal set state = $2, version = $3, outcome = $4, updated_at = $5 where id = $1',
      [proposal.id, proposal.state, proposal.version, proposal.outcome, proposal.updatedAt],
    );
  }

  /** The decisions on several proposals, by the proposal's id; each one's oldest first. */
  async decisions(tx: Tx, proposalIds: readonly string[]): Promise<Map<string, ProposalDecision[]>> {
    const rows: unknown[] = await tx.query(
      `select id, proposal_id as "proposalId", decision, actor_id as "actorId", approver, comment, credential, decided_at as "decidedAt"
         from registry.policy_proposal_decision where proposal_id = any($1::text[]) order by decided_at, id`,
      [proposalIds],
    );
    const found = new Map<string, ProposalDecision[]>(proposalIds.map((id) => [id, []]));
    for (const row of rows) {
      const { proposalId, ...decision } = decisionRow.parse(row);
      found.get(proposalId)?.push(decision);
    }
    return found;
  }

  async insertDecision(tx: Tx, proposalId: string, decision: ProposalDecision): Promise<void> {
    await tx.query(
      `insert into registry.policy_proposal_decision (id, proposal_id, decision, actor_id, approver, comment, credential, decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        decision.id,
        proposalId,
        decision.decision,
        decision.actorId,
        decision.approver,
        decision.comment,
        decision.credential,
        decision.decidedAt,
      ],
    );
  }
}
