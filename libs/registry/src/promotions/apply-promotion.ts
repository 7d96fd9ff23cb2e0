import type { Actor } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { MovePointer } from '../pointers/move-pointer.js';
import { type OpenFile, PromotionJournal } from './promotion-journal.js';
import { PromotionStore } from './promotion.store.js';

/** Moves the pointer of an approved request by compare-and-set, and ends the requests that wanted to replace the same holder. */
@Injectable()
export class ApplyPromotion {
  constructor(
    private readonly journal: PromotionJournal,
    private readonly promotions: PromotionStore,
    private readonly movePointer: MovePointer,
  ) {}

  async inTransaction(tx: Tx, actor: Actor, file: OpenFile): Promise<OpenFile> {
    const { promotion, decisions } = file;
    const evidence = [
      ...new Set([promotion.binding, ...promotion.gates.flatMap((gate) => gate.evidence.map(({ digest }) => digest))]),
    ];
    // The request is applied first: the database lets a guarded pointer move only in the transaction that applied a request for that version.
    const applied = await this.journal.step(
      tx,
      actor,
      promotion,
      { type: 'moved' },
      {
        action: 'registry.promotion.applied.v1',
        after: { approvals: decisions.filter(({ voidedAt }) => voidedAt === null).map(({ id }) => id) },
      },
      { outcome: `version ${promotion.version} holds '${promotion.pointer}'` },
    );
    await this.movePointer.inTransaction(tx, actor, [
      {
        modelId: promotion.modelId,
        pointer: promotion.pointer,
        to: promotion.version,
        expected: promotion.expectedHolder,
        via: promotion.via,
        reason: promotion.reason,
        authority: { requestId: promotion.id, policyVersionIds: promotion.policyVersionIds, evidence },
      },
    ]);
    for (const other of await this.promotions.undecided(tx, promotion.modelId, promotion.pointer)) {
      const outcome = `the pointer has moved to version ${promotion.version}`;
      await this.journal.step(
        tx,
        actor,
        other,
        { type: 'supersede' },
        { action: 'registry.promotion.superseded.v1', links: { supersededBy: promotion.id } },
        { outcome },
      );
    }
    return { ...file, promotion: applied };
  }
}
