import type { Actor, ApprovePromotionRequest, Promotion } from '@assay/contracts';
import { CredentialProof } from '@assay/access-reads';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { ApplyPromotion } from './apply-promotion.js';
import { CheckPromotion, type CheckedFile } from './check-promotion.js';
import { countsOf, signedAs, spokenMissing } from './approvals.js';
import type { Decision } from './promotion.js';
import { missingOf, type OpenFile, PromotionJournal } from './promotion-journal.js';
import { ShowPromotions } from './show-promotions.js';
import { ReadSigningRights, type Signer, type SigningRights } from './signing-rights.js';

interface Refusal {
  readonly why: string;
  readonly error: AppError;
}

type Verdict = { shown: Promotion } | { refusal: AppError };

/**
 * Signs a request as one of its approvers. With the last approval that the policies ask for, the pointer moves in the same transaction.
 * Whatever the check finds, and every refused attempt, is kept even though the answer is an error.
 */
@Injectable()
export class ApprovePromotion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly rights: ReadSigningRights,
    private readonly check: CheckPromotion,
    private readonly journal: PromotionJournal,
    private readonly apply: ApplyPromotion,
    private readonly show: ShowPromotions,
  ) {}

  async execute(actor: Actor, input: ApprovePromotionRequest): Promise<Promotion> {
    const proven = await this.proof.verify(actor, input.credential);
    const verdict = await this.database.transaction(async (tx): Promise<Verdict> => {
      const file = await this.check.inTransaction(tx, actor, actor.workspace, input.id);
      const signer = await this.rights.execute(tx, actor, file.promotion, input.credential, proven);
      const refused =
        'why' in signer
          ? refusing(file).denied(signer.why, signer.detail)
          : (this.refusal(actor, file, input) ?? this.unfit(actor, file, signer.rights));
      if (refused === null && 'rights' in signer)
        return { shown: await this.show.one(tx, await this.sign(tx, actor, file, signer, input.comment)) };
      if (refused === null) throw new Error('an approval without a signer got through');
      await this.journal.refusedAttempt(tx, actor, file.promotion, 'approve', refused.why);
      return { refusal: refused.error };
    });
    if ('refusal' in verdict) throw verdict.refusal;
    return verdict.shown;
  }

  private refusal(actor: Actor, file: CheckedFile, input: ApprovePromotionRequest): Refusal | null {
    const { promotion } = file;
    const { denied, conflict } = refusing(file);
    if (promotion.mayNotApprove.includes(actor.id)) {
      return denied(
        'four-eyes',
        'You trained, wrote files of, registered or requested this version, or made the service account or a token of it that did: somebody else must approve it.',
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
    return null;
  }

  /** Why the person, who may look, may not sign: by what they hold, and since when. */
  private unfit(actor: Actor, file: OpenFile, rights: SigningRights): Refusal | null {
    const { decisions } = file;
    const { denied, conflict } = refusing(file);
    if (this.countsOf(actor, file, rights) !== null) {
      // A second signature repeats what the first one counts for, so it needs that to be held still.
      const lost = Object.values(standingApproval(actor, file)?.counts ?? {}).filter(
        (one) => !rights.names.includes(one),
      );
      if (lost.length === 0) return null;
      return denied(
        'lost-since',
        `You signed this as ${[...new Set(lost)].toSorted().join(', ')}, which you have not been all the time since: somebody else has to give what is still missing.`,
      );
    }
    if (decisions.some((one) => one.actorId === actor.id && one.voidedAt === null))
      return conflict('twice', 'You have decided on this request already.');
    const missing = missingOf(file);
    if (missing.some(({ approver }) => rights.names.includes(approver)))
      return conflict('order', `Others decide first: ${spokenMissing(missing.filter(({ next }) => next))}.`);
    const gained = missing.find(({ approver }) => rights.tooNew.includes(approver));
    if (gained !== undefined)
      return denied(
        'gained-since',
        `You have been ${gained.approver} only since after the request was opened, so it does not count here.`,
      );
    return denied('role', `This needs ${spokenMissing(missing)}, which you are not.`);
  }

  private async sign(
    tx: Tx,
    actor: Actor,
    file: OpenFile,
    { credential, rights }: Signer,
    comment: string,
  ): Promise<OpenFile> {
    const { promotion } = file;
    const counts = this.countsOf(actor, file, rights);
    if (counts === null) throw new Error('an approval that counts nowhere got through');
    const role = signedAs(counts);
    const made = { decision: 'approve', actorId: actor.id, role, counts, comment, credential } as const;
    const { decision, covers } = await this.journal.decide(tx, file, made);
    const earlier = file.decisions.map((one) =>
      one.actorId === actor.id && one.voidedAt === null ? { ...one, voidedAt: decision.decidedAt } : one,
    );
    const signed = { ...file, decisions: [...earlier, decision] };
    const complete = missingOf(signed).length === 0;
    const step = {
      action: 'registry.promotion.approved.v1' as const,
      covers,
      after: { decision: decision.id, role, counts, credential, signed: promotion.binding, complete },
      personal: { comment },
    };
    const after = await this.journal.step(tx, actor, promotion, { type: 'signed', complete }, step);
    return complete
      ? this.apply.inTransaction(tx, actor, { ...signed, promotion: after })
      : { ...signed, promotion: after };
  }

  /** Under what an approval of the actor would count; null where it would add nothing. A second one carries on what the first counts for. */
  private countsOf(actor: Actor, file: OpenFile, { names }: SigningRights): Decision['counts'] | null {
    return countsOf(missingOf(file), names, standingApproval(actor, file)?.counts);
  }
}

function standingApproval(actor: Actor, { decisions }: OpenFile): Decision | undefined {
  return decisions.find((one) => one.actorId === actor.id && one.voidedAt === null && one.decision === 'approve');
}

/** Refusals that say where the request stands. */
function refusing({
  promotion: { state, binding, outcome },
}: OpenFile): Record<'denied' | 'conflict', (why: string, detail: string) => Refusal> {
  return {
    denied: (why, detail) => ({ why, error: new AppError('PERMISSION_DENIED', detail, { state }) }),
    conflict: (why, detail) => ({ why, error: new AppError('RESOURCE_CONFLICT', detail, { state, binding, outcome }) }),
  };
}
