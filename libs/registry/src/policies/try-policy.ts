import {
  type Actor,
  type GateResult,
  type PolicyTrial,
  type PolicyWarning,
  type TryPolicyRequest,
  approverName,
} from '@assay/contracts';
import { Approvers } from '@assay/access-reads';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { BindPolicy } from './bind-policy.js';
import { type PolicyDraft, readDraft } from './policy-draft.js';
import { mayReadPolicy } from './policy.js';
import { PolicyStore } from './policy.store.js';
import { type JudgingPolicy, type TriedPolicy, TryMoves } from './try-moves.js';

/** Answers what a policy would say to a request, and why, as things are now. It reads only: nothing is opened, changed or recorded. */
@Injectable()
export class TryPolicy {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly policies: PolicyStore,
    private readonly bind: BindPolicy,
    private readonly moves: TryMoves,
    private readonly approvers: Approvers,
  ) {}

  async execute(actor: Actor, input: TryPolicyRequest): Promise<PolicyTrial> {
    const draft = input.text === undefined ? null : await readDraft(input.text);
    if (draft !== null && draft.document.policy !== input.name) {
      const { line, column } = draft.at(['policy']);
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `The draft is of the policy '${draft.document.policy}', not of '${input.name}' (line ${line}, column ${column}).`,
      );
    }
    return this.database.read(async (tx) => {
      const { policy, warnings } = await this.tried(tx, actor, input, draft);
      const { moves, gates, obstacles, policies, mayNotApprove } = await this.moves.execute(
        tx,
        actor,
        policy,
        input.moves,
      );
      return {
        policy: policy.name,
        policies: policies.map(({ name, version, digest }) => ({ name, version, digest })),
        moves,
        verdict: verdictOf(gates, obstacles),
        obstacles,
        gates,
        approvals: await this.approvals(tx, actor.workspace, policies, mayNotApprove),
        mayNotApprove,
        warnings: [...warnings],
      };
    });
  }

  private async tried(
    tx: Tx,
    actor: Actor,
    { name, policyVersion }: TryPolicyRequest,
    draft: PolicyDraft | null,
  ): Promise<{ policy: TriedPolicy; warnings: readonly PolicyWarning[] }> {
    if (draft !== null) {
      const policyId = (await this.policies.find(tx, actor.workspace, name))?.policyId ?? null;
      const { guards, warnings } = await this.bind.inTransaction(tx, actor, draft, policyId, false);
      const { digest, document } = draft;
      return { policy: { name, version: null, policyId, digest, document, guards }, warnings };
    }
    const found = await this.policies.find(tx, actor.workspace, name, policyVersion);
    if (found !== null && mayReadPolicy(actor, found)) return { policy: found, warnings: [] };
    const which = policyVersion === undefined ? '' : ` in version ${policyVersion}`;
    throw new AppError(
      'RESOURCE_DOES_NOT_EXIST',
      `There is no policy '${name}'${which}: give its text to try a draft.`,
    );
  }

  private async approvals(
    tx: Tx,
    workspace: string,
    policies: readonly JudgingPolicy[],
    mayNotApprove: readonly string[],
  ): Promise<PolicyTrial['approvals']> {
    const asked: PolicyTrial['approvals'] = [];
    for (const { name, document } of policies)
      for (const rule of document.approvals) {
        const approver = rule.role === undefined ? { group: rule.group ?? '' } : { role: rule.role };
        const candidates = await this.approvers.people(tx, workspace, approver, mayNotApprove);
        const { count } = rule;
        const enough = candidates.length >= count;
        asked.push({ policy: name, approver: approverName(rule), count, candidates, enough });
      }
    return asked;
  }
}

function verdictOf(
  gates: readonly Pick<GateResult, 'outcome'>[],
  obstacles: readonly string[],
): PolicyTrial['verdict'] {
  if (obstacles.length > 0 || gates.some(({ outcome }) => outcome === 'failed')) return 'fails';
  return gates.some(({ outcome }) => outcome === 'missing') ? 'waits' : 'passes';
}
