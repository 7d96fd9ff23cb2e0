import { type Actor, type Promotion, type RequestPromotionRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { CheckPromotion } from './check-promotion.js';
import { durationMs } from './duration.js';
import { promotionLinks, shownPromotion } from './promotion-journal.js';
import type { PromotionRecord } from './promotion.js';
import { PromotionStore } from './promotion.store.js';
import { PromotionSubject } from './promotion-subject.js';

/** Opens a request to move a guarded pointer, bound to the policies' texts of this moment, and evaluates its gates. */
@Injectable()
export class RequestPromotion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly subjects: PromotionSubject,
    private readonly promotions: PromotionStore,
    private readonly check: CheckPromotion,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** @param via `rollback` where the version held the pointer before, which the caller has seen in the ledger. */
  async execute(
    actor: Actor,
    input: RequestPromotionRequest,
    via: PromotionRecord['via'] = 'promotion',
  ): Promise<Promotion> {
    return this.database.transaction(async (tx) => {
      const opened = await this.open(tx, actor, input, via);
      return shownPromotion(await this.check.inTransaction(tx, actor, actor.workspace, opened.id));
    });
  }

  private async open(
    tx: Tx,
    actor: Actor,
    input: RequestPromotionRequest,
    via: PromotionRecord['via'],
  ): Promise<PromotionRecord> {
    const subject = await this.subjects.find(tx, actor.workspace, input);
    await this.promotions.lockPointer(tx, subject.modelId, input.pointer);
    for (const waiting of await this.promotions.undecided(tx, subject.modelId, input.pointer)) {
      const { promotion } = await this.check.inTransaction(tx, actor, actor.workspace, waiting.id);
      if (
        promotion.version === subject.version &&
        ['open', 'checking', 'awaiting_approval'].includes(promotion.state)
      ) {
        throw new AppError(
          'RESOURCE_CONFLICT',
          `Version ${input.version} is requested for '${input.pointer}' already.`,
          { promotion: promotion.id },
        );
      }
    }
    const holder = await this.subjects.holder(tx, subject.modelId, input.pointer);
    const expected =
      input.expectedHolder === undefined ? holder : input.expectedHolder === null ? null : Number(input.expectedHolder);
    if (expected !== holder) throw holderMoved(input.pointer, holder);
    if (holder === subject.version)
      throw new AppError('RESOURCE_CONFLICT', `Version ${input.version} holds '${input.pointer}' already.`);
    const at = this.clock.now();
    const lifetimes = subject.policies.map(({ document }) => durationMs(document.expiresAfter));
    const requestedBy = actor.onBehalfOf ?? actor.id;
    const promotion: PromotionRecord = {
      id: newId(),
      workspace: actor.workspace,
      modelId: subject.modelId,
      model: input.model,
      pointer: input.pointer,
      via,
      version: subject.version,
      expectedHolder: expected,
      policyVersionIds: subject.policies.map(({ id }) => id),
      manifestDigest: subject.manifestDigest,
      reason: input.reason,
      requestedBy,
      mayNotApprove: [...new Set([requestedBy, ...subject.authors])].toSorted(),
      requestedAt: at,
      expiresAt: new Date(at.getTime() + Math.min(...lifetimes)),
      state: 'open',
      binding: '',
      gates: [],
      outcome: null,
      updatedAt: at,
    };
    await this.promotions.insert(tx, promotion);
    await this.audit.record(tx, actor, {
      action: 'registry.promotion.requested.v1',
      target: { type: 'promotion', id: promotion.id },
      covers: [
        row('registry.promotion', promotion.id),
        ...promotion.policyVersionIds.map((id) => row('registry.promotion_policy', promotion.id, id)),
      ],
      after: {
        pointer: promotion.pointer,
        via,
        version: promotion.version,
        expectedHolder: expected,
        manifest: promotion.manifestDigest,
        policies: subject.policies.map(({ name, version, digest }) => ({ name, version, digest })),
        mayNotApprove: promotion.mayNotApprove,
      },
      reason: input.reason,
      links: promotionLinks(promotion),
    });
    return promotion;
  }
}

export function holderMoved(pointer: string, holder: number | null): AppError {
  const held = holder === null ? 'nothing' : `version ${holder}`;
  return new AppError('RESOURCE_CONFLICT', `The pointer '${pointer}' holds ${held} now: look at it and ask again.`, {
    holder: holder === null ? null : String(holder),
  });
}
