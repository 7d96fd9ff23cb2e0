import { type Actor, type Promotion, type RefusePromotionRequest, approverName } from '@assay/contracts';
import { CredentialProof, wrongCredential } from '@assay/access-reads';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { approvalRules, approverNames } from './approvals.js';
import { type OpenFile, PromotionJournal, shownPromotion } from './promotion-journal.js';
import { isEnded } from './promotion.js';

/** Ends a request without a move: an approver refuses it, or whoever asked withdraws it. */
@Injectable()
export class EndPromotion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly journal: PromotionJournal,
  ) {}

  async refuse(actor: Actor, input: RefusePromotionRequest): Promise<Promotion> {
    const credential = await this.proof.verify(actor, input.credential);
    const verdict = await this.database.transaction(async (tx): Promise<OpenFile | AppError> => {
      const file = await this.journal.lock(tx, actor.workspace, input.id);
      const { promotion } = file;
      const role =
        approverNames(actor).find((held) =>
          approvalRules(file.policies, promotion.via).some(({ rules }) =>
            rules.some((rule) => approverName(rule) === held),
          ),
        ) ?? null;
      if (credential === null || role === null) {
        await this.journal.refusedAttempt(tx, actor, promotion, 'refuse', credential === null ? 'credential' : 'role');
        const why =
          credential === null ? wrongCredential : 'The policies give your roles and groups no say in this request.';
        return new AppError('PERMISSION_DENIED', why, { state: promotion.state });
      }
      requireOpen(file);
      const { comment } = input;
      const made = { decision: 'refuse', actorId: actor.id, role, counts: {}, comment, credential } as const;
      const { decision, covers } = await this.journal.decide(tx, file, made);
      const entry = {
        action: 'registry.promotion.refused.v1' as const,
        covers,
        after: { decision: decision.id, role, credential },
        personal: { comment },
      };
      const ended = await this.journal.step(tx, actor, promotion, { type: 'refuse' }, entry, {
        outcome: 'an approver refused it',
      });
      return this.journal.read(tx, ended);
    });
    if (verdict instanceof AppError) throw verdict;
    return shownPromotion(verdict);
  }

  async withdraw(actor: Actor, input: { id: string; comment: string }): Promise<Promotion> {
    return this.database.transaction(async (tx) => {
      const file = await this.journal.lock(tx, actor.workspace, input.id);
      const { promotion } = file;
      if (promotion.requestedBy !== (actor.onBehalfOf ?? actor.id) && !actor.permissions.includes('access:admin')) {
        throw new AppError('PERMISSION_DENIED', 'Only whoever asked, or an administrator, withdraws a request.');
      }
      requireOpen(file);
      const entry = {
        action: 'registry.promotion.withdrawn.v1' as const,
        ...(input.comment === '' ? {} : { reason: input.comment }),
      };
      const ended = await this.journal.step(tx, actor, promotion, { type: 'withdraw' }, entry, {
        outcome: 'it was withdrawn',
      });
      return shownPromotion({ ...file, promotion: ended });
    });
  }
}

function requireOpen({ promotion }: OpenFile): void {
  if (!isEnded(promotion.state)) return;
  throw new AppError(
    'RESOURCE_CONFLICT',
    `The request is ${promotion.state} already${promotion.outcome === null ? '' : `: ${promotion.outcome}`}.`,
    { state: promotion.state },
  );
}
