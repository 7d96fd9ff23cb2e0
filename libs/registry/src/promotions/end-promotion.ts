import { type Actor, type Promotion, type RefusePromotionRequest, approverName } from '@assay/contracts';
import { CredentialProof } from '@assay/access-reads';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { approvalRules } from './approvals.js';
import { type OpenFile, PromotionJournal } from './promotion-journal.js';
import { isEnded } from './promotion.js';
import { ShowPromotions } from './show-promotions.js';
import { ReadSigningRights, type SigningBar } from './signing-rights.js';

const noSay: SigningBar = {
  why: 'role',
  detail: 'The policies give what you were when this was asked for no say in it.',
};

/** Ends a request without a move: an approver refuses it, or whoever asked withdraws it. */
@Injectable()
export class EndPromotion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly rights: ReadSigningRights,
    private readonly journal: PromotionJournal,
    private readonly show: ShowPromotions,
  ) {}

  async refuse(actor: Actor, input: RefusePromotionRequest): Promise<Promotion> {
    const proven = await this.proof.verify(actor, input.credential);
    const verdict = await this.database.transaction(async (tx): Promise<Promotion | AppError> => {
      const file = await this.journal.lock(tx, actor.workspace, input.id);
      const { promotion } = file;
      const signer = await this.rights.execute(tx, actor, promotion, input.credential, proven);
      const asked = approvalRules(file.policies, promotion.via).flatMap(({ rules }) => rules.map(approverName));
      const role = 'why' in signer ? undefined : signer.rights.names.find((held) => asked.includes(held));
      if ('why' in signer || role === undefined) {
        const { why, detail } = 'why' in signer ? signer : noSay;
        await this.journal.refusedAttempt(tx, actor, promotion, 'refuse', why);
        return new AppError('PERMISSION_DENIED', detail, { state: promotion.state });
      }
      const { credential } = signer;
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
      return this.show.one(tx, await this.journal.read(tx, ended));
    });
    if (verdict instanceof AppError) throw verdict;
    return verdict;
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
      return this.show.one(tx, { ...file, promotion: ended });
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
