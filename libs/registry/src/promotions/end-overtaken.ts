import type { Actor } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { PromotionJournal } from './promotion-journal.js';
import type { WantedMove } from './promotion.js';
import { PromotionStore } from './promotion.store.js';

type Moved = Pick<WantedMove, 'modelId' | 'pointer' | 'version'>;

/** Ends requests that wanted to replace what a pointer no longer holds: they have nothing to decide any more. */
@Injectable()
export class EndOvertaken {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly journal: PromotionJournal,
  ) {}

  /** @param why what has happened to the pointer, in words. */
  async execute(
    tx: Tx,
    actor: Actor,
    moved: readonly Moved[],
    why: (move: Moved) => string,
    links: Readonly<Record<string, string>>,
  ): Promise<void> {
    for (const promotion of await this.promotions.undecided(tx, moved)) {
      const shared = moved.find((move) =>
        promotion.moves.some(({ modelId, pointer }) => modelId === move.modelId && pointer === move.pointer),
      );
      if (shared === undefined) throw new Error(`request ${promotion.id} wants none of the pointers that moved`);
      await this.journal.step(
        tx,
        actor,
        promotion,
        { type: 'supersede' },
        { action: 'registry.promotion.superseded.v1', links },
        { outcome: why(shared) },
      );
    }
  }
}
