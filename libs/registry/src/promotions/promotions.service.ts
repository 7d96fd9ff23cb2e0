import type { Actor, Promotion } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { CheckPromotion } from './check-promotion.js';
import { PromotionJournal, shownPromotion } from './promotion-journal.js';
import { type PromotionFilter, PromotionStore } from './promotion.store.js';

@Injectable()
export class PromotionsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly promotions: PromotionStore,
    private readonly journal: PromotionJournal,
    private readonly checkPromotion: CheckPromotion,
  ) {}

  async get(actor: Actor, id: string): Promise<Promotion> {
    return this.database.read(async (tx) =>
      shownPromotion(await this.journal.read(tx, await this.journal.find(tx, actor.workspace, id))),
    );
  }

  async list(actor: Actor, filter: PromotionFilter): Promise<Promotion[]> {
    return this.database.read(async (tx) => {
      const found = await this.promotions.list(tx, actor.workspace, filter);
      return (await this.journal.readAll(tx, found)).map(shownPromotion);
    });
  }

  /** Evaluates the gates again, for a request that waited for evidence. */
  async check(actor: Actor, id: string): Promise<Promotion> {
    return this.database.transaction(async (tx) =>
      shownPromotion(await this.checkPromotion.inTransaction(tx, actor, actor.workspace, id)),
    );
  }
}
