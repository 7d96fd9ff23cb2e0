import { type Actor, hiddenModels, type Promotion } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { encodePageToken } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { keysOfToken } from '../search/keyset.js';
import { CheckPromotion } from './check-promotion.js';
import { PromotionJournal } from './promotion-journal.js';
import { ShowPromotions } from './show-promotions.js';
import { type PromotionFilter, PromotionStore } from './promotion.store.js';

export type ListedPromotions = Omit<PromotionFilter, 'after' | 'hidden'> & { readonly pageToken?: string | undefined };

export interface PromotionPage {
  readonly promotions: Promotion[];
  readonly nextPageToken: string | null;
}

@Injectable()
export class PromotionsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly promotions: PromotionStore,
    private readonly journal: PromotionJournal,
    private readonly checkPromotion: CheckPromotion,
    private readonly show: ShowPromotions,
  ) {}

  async get(actor: Actor, id: string): Promise<Promotion> {
    return this.database.read(async (tx) =>
      this.show.one(tx, await this.journal.read(tx, await this.journal.find(tx, actor.workspace, id))),
    );
  }

  async list(actor: Actor, { pageToken, limit, ...filter }: ListedPromotions): Promise<PromotionPage> {
    const scope = `promotions ${actor.workspace} ${JSON.stringify(filter)}`;
    const after = pageToken === undefined ? null : placeAfter(scope, pageToken);
    return this.database.read(async (tx) => {
      const found = await this.promotions.list(tx, actor.workspace, {
        ...filter,
        hidden: hiddenModels(actor),
        after,
        limit: limit + 1,
      });
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return {
        promotions: await this.show.all(tx, await this.journal.readAll(tx, shown)),
        nextPageToken:
          found.length === shown.length || last === undefined
            ? null
            : encodePageToken(scope, [last.requestedAt.getTime(), last.id]),
      };
    });
  }

  /** Evaluates the gates again, for a request that waited for evidence. */
  async check(actor: Actor, id: string): Promise<Promotion> {
    return this.database.transaction(async (tx) =>
      this.show.one(tx, await this.checkPromotion.inTransaction(tx, actor, actor.workspace, id)),
    );
  }
}

function placeAfter(scope: string, token: string): { at: Date; id: string } {
  const [at, id] = keysOfToken(scope, token, ['integer', 'string']);
  return { at: new Date(Number(at)), id: String(id) };
}
