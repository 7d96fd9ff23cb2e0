import type { Actor } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { MovePointer } from '../pointers/move-pointer.js';
import { type OpenFile, PromotionJournal } from './promotion-journal.js';
import { EndOvertaken } from './end-overtaken.js';
import type { PromotionRecord } from './promotion.js';

/** Makes the moves of an approved request by compare-and-set, all or none, and ends the requests that wanted to replace the same holders. */
@Injectable()
export class ApplyPromotion {
  constructor(
    private readonly journal: PromotionJournal,
    private readonly overtaken: EndOvertaken,
    private readonly movePointer: MovePointer,
  ) {}

  async inTransaction(tx: Tx, actor: Actor, file: OpenFile): Promise<OpenFile> {
    const { promotion, decisions } = file;
    // The request is applied first: the database lets a guarded pointer move only in the transaction that applied a request for that move.
    const applied = await this.journal.step(
      tx,
      actor,
      promotion,
      { type: 'moved' },
      {
        action: 'registry.promotion.applied.v1',
        after: { approvals: decisions.filter(({ voidedAt }) => voidedAt === null).map(({ id }) => id) },
      },
      { outcome: promotion.moves.map(({ pointer, version }) => `version ${version} holds '${pointer}'`).join(', ') },
    );
    await this.movePointer.inTransaction(
      tx,
      actor,
      promotion.moves.map((move, place) => ({
        modelId: move.modelId,
        pointer: move.pointer,
        to: move.version,
        expected: move.expectedHolder,
        via: promotion.via,
        reason: promotion.reason,
        authority: {
          requestId: promotion.id,
          policyVersionIds: move.policyVersionIds,
          evidence: [promotion.binding, ...evidenceOf(promotion, place)],
        },
      })),
    );
    await this.overtaken.execute(
      tx,
      actor,
      promotion.moves,
      ({ pointer, version }) => `the pointer '${pointer}' has moved to version ${version}`,
      { supersededBy: promotion.id },
    );
    return { ...file, promotion: applied };
  }
}

/** SHA-256 digests of what the gates of one move looked at. */
function evidenceOf({ gates }: PromotionRecord, place: number): string[] {
  const looked = gates.filter(({ move }) => move === place).flatMap(({ evidence }) => evidence);
  return [...new Set(looked.map(({ digest }) => digest))];
}
