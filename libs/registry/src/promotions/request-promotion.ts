import { type Actor, type Promotion, type RequestPromotionRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, type Tx, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { stageOf } from '../pointers/pointer.js';
import type { PolicyVersion } from '../policies/policy.store.js';
import { CheckPromotion } from './check-promotion.js';
import { durationMs } from './duration.js';
import { byName, promotionLinks } from './promotion-journal.js';
import { isEnded, type PromotionRecord, type WantedMove } from './promotion.js';
import { PromotionStore } from './promotion.store.js';
import { PromotionSubject, type Subject } from './promotion-subject.js';
import { ShowPromotions } from './show-promotions.js';

/** Undecided requests that may share a pointer: the one that is applied ends all others, in one transaction. */
const mostUndecided = 100;

/** Opens a request to move guarded pointers, bound to the policies' texts of this moment, and evaluates its gates. */
@Injectable()
export class RequestPromotion {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly subjects: PromotionSubject,
    private readonly promotions: PromotionStore,
    private readonly check: CheckPromotion,
    private readonly show: ShowPromotions,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** @param via `rollback` where each version held its pointer before, which the caller has seen in the ledger. */
  async execute(
    actor: Actor,
    input: RequestPromotionRequest,
    via: PromotionRecord['via'] = 'promotion',
  ): Promise<Promotion> {
    return this.database.transaction(async (tx) => {
      const opened = await this.open(tx, actor, input, via);
      return this.show.one(tx, await this.check.inTransaction(tx, actor, actor.workspace, opened.id));
    });
  }

  private async open(
    tx: Tx,
    actor: Actor,
    input: RequestPromotionRequest,
    via: PromotionRecord['via'],
  ): Promise<PromotionRecord> {
    await this.promotions.lockDecisions(tx, actor.workspace);
    const subjects: Subject[] = [];
    for (const wanted of input.moves) subjects.push(await this.subjects.find(tx, actor.workspace, wanted));
    const moves: WantedMove[] = [];
    for (const [place, wanted] of input.moves.entries()) {
      const subject = subjects[place];
      if (subject === undefined) continue;
      moves.push(await this.move(tx, wanted, subject));
      const isSame = ({ model, version }: typeof wanted) => model === wanted.model && version === wanted.version;
      if (input.moves.filter((move) => isSame(move) && stageOf(move.pointer) !== null).length > 1)
        throw new AppError('INVALID_PARAMETER_VALUE', `Version ${wanted.version} can't be in two stages at once.`);
      const left = await this.subjects.leaves(tx, subject, wanted.pointer);
      if (left !== null && !input.moves.some(({ model, pointer }) => model === wanted.model && pointer === left))
        throw new AppError(
          'RESOURCE_CONFLICT',
          `Version ${wanted.version} holds '${left}', which a policy guards: say in the same request what that pointer is to hold.`,
          { pointer: left },
        );
    }
    await this.refuseTwice(tx, actor, moves, via);
    const at = this.clock.now();
    const policies = distinct(subjects.flatMap((subject) => subject.policies));
    const lifetimes = policies.map(({ document }) => durationMs(document.expiresAfter));
    const requestedBy = actor.onBehalfOf ?? actor.id;
    const promotion: PromotionRecord = {
      id: newId(),
      workspace: actor.workspace,
      moves,
      via,
      reason: input.reason,
      requestedBy,
      mayNotApprove: await this.subjects.barred(tx, subjects, requestedBy),
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
        ...moves.flatMap(({ policyVersionIds }, place) => [
          row('registry.promotion_move', promotion.id, place),
          ...policyVersionIds.map((id) => row('registry.promotion_policy', promotion.id, place, id)),
        ]),
      ],
      after: {
        via,
        moves: moves.map(({ modelId, pointer, version, expectedHolder, manifestDigest, policyVersionIds }) => ({
          modelId,
          pointer,
          version,
          expectedHolder,
          manifest: manifestDigest,
          policyVersions: policyVersionIds,
        })),
        policies: policies.map(({ name, version, digest }) => ({ name, version, digest })),
        mayNotApprove: promotion.mayNotApprove,
      },
      reason: input.reason,
      links: promotionLinks(promotion),
    });
    return promotion;
  }

  /** @throws RESOURCE_CONFLICT where the pointer holds something else than expected, or the version already. */
  private async move(
    tx: Tx,
    wanted: RequestPromotionRequest['moves'][number],
    { modelId, version, manifestDigest, policies }: Subject,
  ): Promise<WantedMove> {
    const { model, pointer } = wanted;
    const holder = await this.subjects.holder(tx, modelId, pointer);
    const told = wanted.expectedHolder;
    const expectedHolder = told === undefined ? holder : told === null ? null : Number(told);
    if (expectedHolder !== holder) throw holderMoved(pointer, holder);
    if (holder === version)
      throw new AppError('RESOURCE_CONFLICT', `Version ${version} holds '${pointer}' of '${model}' already.`);
    const policyVersionIds = policies.map(({ id }) => id);
    return { modelId, model, pointer, version, expectedHolder, manifestDigest, policyVersionIds };
  }

  /** @throws RESOURCE_CONFLICT where just these moves are asked for by a request that still stands when it is looked at again, or too many wait. */
  private async refuseTwice(
    tx: Tx,
    actor: Actor,
    moves: readonly WantedMove[],
    via: PromotionRecord['via'],
  ): Promise<void> {
    const wanted = told(moves);
    const undecided = await this.promotions.undecided(tx, moves);
    if (undecided.length >= mostUndecided)
      throw new AppError(
        'RESOURCE_CONFLICT',
        `${undecided.length} requests for these pointers wait for a decision, the most that there may be: withdraw some.`,
      );
    for (const waiting of undecided) {
      // A rollback has rules of its own: a promotion that waits for other ones does not bar it.
      if (waiting.via !== via || told(waiting.moves) !== wanted) continue;
      const { promotion } = await this.check.inTransaction(tx, actor, actor.workspace, waiting.id);
      if (isEnded(promotion.state)) continue;
      throw new AppError('RESOURCE_CONFLICT', `This is asked for already, by request ${promotion.id}.`, {
        promotion: promotion.id,
      });
    }
  }
}

/** Moves in one way of writing, whatever their order. */
function told(moves: readonly WantedMove[]): string {
  return moves
    .map(({ modelId, pointer, version }) => JSON.stringify([modelId, pointer, version]))
    .toSorted()
    .join();
}

function distinct(policies: readonly PolicyVersion[]): PolicyVersion[] {
  return byName([...new Map(policies.map((policy) => [policy.id, policy])).values()]);
}

export function holderMoved(pointer: string, holder: number | null): AppError {
  const held = holder === null ? 'nothing' : `version ${holder}`;
  return new AppError('RESOURCE_CONFLICT', `The pointer '${pointer}' holds ${held} now: look at it and ask again.`, {
    holder: holder === null ? null : String(holder),
  });
}
