import type { Actor, ApprovePromotionRequest, Promotion } from '@assay/contracts';
import { CredentialProof, type Proven } from '@assay/access-reads';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { ApplyPromotion } from './apply-promotion.js';
import { CheckPromotion, type CheckedFile } from './check-promotion.js';
import { type OpenFile, PromotionJournal, shownPromotion } from './promotion-journal.js';
import { approverNames, countingApprovals, missingApprovals, roleToSignAs } from './promotion.js';

type Verdict = { file: OpenFile } | { refusal: AppError };

/**
 * Signs a request as one of its approvers. With the last approval that the policy asks for, the pointer moves in the same transaction.
 * Whatever the check finds, and every refused attempt, is kept even though the answer is an error.
 */
@Injectable()
export class ApprovePromotion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly check: CheckPromotion,
    private readonly journal: PromotionJournal,
    private readonly apply: ApplyPromotion,
  ) {}

  async execute(actor: Actor, input: ApprovePromotionRequest): Promise<Promotion> {
    const credential =
      actor.kind === 'person'
        ? await this.database.read((tx) => this.proof.verify(tx, actor.id, input.credential))
        : null;
    const verdict = await this.database.transaction(async (tx): Promise<Verdict> => {
      const file = await this.check.inTransaction(tx, actor, actor.workspace, input.id);
      const refused = this.refusal(actor, file, input, credential);
      if (refused !== null) {
        await this.journal.refusedAttempt(tx, actor, file.promotion, 'approve', refused.why);
        return { refusal: refused.error };
      }
      if (credential === null) throw new Error('an approval without a credential got through');
      return { file: await this.sign(tx, actor, file, { ...input, credential }) };
    });
    if ('refusal' in verdict) throw verdict.refusal;
    return shownPromotion(verdict.file);
  }

  private refusal(
    actor: Actor,
    file: CheckedFile,
    input: ApprovePromotionRequest,
    credential: string | null,
  ): { why: string; error: AppError } | null {
    const { promotion, decisions } = file;
    const denied = (why: string, detail: string) => ({
      why,
      error: new AppError('PERMISSION_DENIED', detail, { state: promotion.state }),
    });
    const conflict = (why: string, detail: string) => ({
      why,
      error: new AppError('RESOURCE_CONFLICT', detail, {
        state: promotion.state,
        binding: promotion.binding,
        outcome: promotion.outcome,
      }),
    });
    if (actor.kind !== 'person')
      return denied('not-a-person', 'Only people approve: a job or a call without a credential never does.');
    if (credential === null)
      return denied(
        'credential',
        'The credential is wrong, revoked or somebody else’s: sign with your own password or token.',
      );
    if (promotion.mayNotApprove.includes(actor.id)) {
      return denied(
        'four-eyes',
        'You trained, registered or requested this version, so somebody else must approve it.',
      );
    }
    if (promotion.state !== 'awaiting_approval') {
      return conflict(
        'state',
        `The request is ${promotion.state.replace('_', ' ')}${promotion.outcome === null ? '' : `: ${promotion.outcome}`}.`,
      );
    }
    if (file.changed || (input.binding !== undefined && input.binding !== promotion.binding)) {
      return conflict(
        'changed',
        'What you are about to sign has changed meanwhile: look at the request again, then approve.',
      );
    }
    if (decisions.some((one) => one.actorId === actor.id && one.voidedAt === null))
      return conflict('twice', 'You have decided on this request already.');
    if (this.roleOf(actor, file) === null)
      return denied(
        'role',
        `This needs ${missing(file)
          .map(({ role, count }) => `${count} × ${role}`)
          .join(', ')}, which you are not.`,
      );
    return null;
  }

  private async sign(
    tx: Tx,
    actor: Actor,
    file: OpenFile,
    input: { comment: string; credential: Proven },
  ): Promise<OpenFile> {
    const { promotion } = file;
    const role = this.roleOf(actor, file);
    if (role === null) throw new Error('an approval without a role got through');
    const { comment, credential } = input;
    const made = { decision: 'approve', actorId: actor.id, role, comment, credential } as const;
    const { decision, covers } = await this.journal.decide(tx, file, made);
    const signed = { ...file, decisions: [...file.decisions, decision] };
    const complete = missing(signed).length === 0;
    const step = {
      action: 'registry.promotion.approved.v1' as const,
      covers,
      after: { decision: decision.id, role, credential, signed: promotion.binding, complete },
      personal: { comment },
    };
    const after = await this.journal.step(tx, actor, promotion, { type: 'signed', complete }, step);
    return complete
      ? this.apply.inTransaction(tx, actor, { ...signed, promotion: after })
      : { ...signed, promotion: after };
  }

  private roleOf(actor: Actor, file: OpenFile): string | null {
    return roleToSignAs(missing(file), approverNames(actor));
  }
}

function missing({ policy, decisions, promotion }: OpenFile): { role: string; count: number }[] {
  return missingApprovals(
    policy.document.approvals,
    countingApprovals(decisions, promotion.binding, promotion.mayNotApprove),
  );
}
