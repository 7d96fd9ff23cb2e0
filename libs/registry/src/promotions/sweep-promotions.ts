import { systemActor } from '@assay/contracts';
import {
  Clock,
  type Database,
  InjectDatabase,
  RepeatedWork,
  acrossWorkspaces,
  inWorkspace,
} from '@assay/platform/database';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { CheckPromotion } from './check-promotion.js';
import { isEnded } from './promotion.js';
import { PromotionStore } from './promotion.store.js';

const everyMs = 20_000;
/** Requests that are read at once; each of them ends in a transaction of its own. */
const atOnce = 100;

/**
 * Ends requests whose time is over or whose version or model is gone, whether anybody looks at them or not. Several processes may do so: a
 * request is looked at again under its lock, and ends once. One that can't be ended now is left to the next round and holds up no other.
 */
@Injectable()
export class SweepPromotions implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(SweepPromotions.name);
  private readonly repeated = new RepeatedWork(SweepPromotions.name, everyMs, async () => {
    const ended = await this.execute();
    return ended === 0 ? null : `ended ${ended} requests`;
  });

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly promotions: PromotionStore,
    private readonly check: CheckPromotion,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.repeated.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeated.stop();
  }

  /** One round. Returns how many requests have ended in it. */
  async execute(): Promise<number> {
    const now = this.clock.now();
    let ended = 0;
    for (let after = ''; ;) {
      const due = await acrossWorkspaces(() => this.database.read((tx) => this.promotions.due(tx, now, after, atOnce)));
      for (const { id, workspace } of due) if (await inWorkspace(workspace, () => this.end(id, workspace))) ended += 1;
      const last = due.at(-1);
      if (last === undefined || due.length < atOnce) return ended;
      after = last.id;
    }
  }

  private async end(id: string, workspace: string): Promise<boolean> {
    try {
      return await this.database.transaction(async (tx) => {
        const { promotion, changed } = await this.check.inTransaction(tx, { ...systemActor, workspace }, workspace, id);
        return changed && isEnded(promotion.state);
      });
    } catch (error) {
      this.#logger.warn(`request ${id} could not be ended: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}
