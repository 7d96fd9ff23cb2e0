import { systemActor } from '@assay/contracts';
import { Database, InjectDatabase, RepeatedWork, acrossWorkspaces, inWorkspace } from '@assay/platform/database';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PointerStore } from '../pointers/pointer.store.js';
import { isAsked } from '../promotions/asked-gates.js';
import { CheckPromotion } from '../promotions/check-promotion.js';
import { PromotionJournal } from '../promotions/promotion-journal.js';
import { EvaluatePolicy, type WantedComparison } from './evaluate-policy.js';
import { MakeComparison } from './make-comparison.js';
import { WaitingStore } from './waiting.store.js';

const everyMs = 500;
/** Facts of other services (the drift monitor's windows) come without telling us: requests that wait are looked at again after so long. */
const lookAgainMs = 30_000;

/**
 * Carries requests on whose gates wait for the platform: makes the comparisons that they ask for, then checks them again. The requests
 * themselves say what is to be done, so any process may do it, and one that dies leaves it to the others.
 */
@Injectable()
export class CheckWaiting implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds = new RepeatedWork('gates', everyMs, () => this.round());
  private looked = Number.NEGATIVE_INFINITY;
  /** Requests that something went wrong with, and until when they are left alone: one of them must not hold up the others. */
  private readonly resting = new Map<string, number>();

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    @Inject(LOG) private readonly log: Logger,
    private readonly waiting: WaitingStore,
    private readonly pointers: PointerStore,
    private readonly journal: PromotionJournal,
    private readonly policy: EvaluatePolicy,
    private readonly makeComparison: MakeComparison,
    private readonly check: CheckPromotion,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round, for tests as well. */
  async round(): Promise<null> {
    const all = performance.now() - this.looked >= lookAgainMs;
    if (all) this.looked = performance.now();
    for (let after = ''; ;) {
      const waiting = await acrossWorkspaces(() => this.database.read((tx) => this.waiting.checking(tx, !all, after)));
      for (const { id, workspace } of waiting) await inWorkspace(workspace, () => this.tryToCarryOn(workspace, id));
      const last = waiting.at(-1);
      if (last === undefined) break;
      after = last.id;
    }
    for (const [id, until] of this.resting) if (until <= performance.now()) this.resting.delete(id);
    return null;
  }

  private async tryToCarryOn(workspace: string, id: string): Promise<void> {
    if ((this.resting.get(id) ?? 0) > performance.now()) return;
    try {
      await this.carryOn(workspace, id);
    } catch (error) {
      this.resting.set(id, performance.now() + lookAgainMs);
      this.log.warn({ err: error, promotion: id }, 'the gates of a request could not be evaluated; tried again soon');
    }
  }

  private async carryOn(workspace: string, id: string): Promise<void> {
    for (const wanted of await this.wanted(workspace, id)) await this.makeComparison.execute(wanted);
    await this.database.transaction((tx) => this.check.inTransaction(tx, { ...systemActor, workspace }, workspace, id));
  }

  private async wanted(workspace: string, id: string): Promise<WantedComparison[]> {
    return this.database.read(async (tx) => {
      const { promotion, policies } = await this.journal.read(tx, await this.journal.find(tx, workspace, id));
      const wanted: WantedComparison[] = [];
      for (const move of promotion.moves) {
        const asked = { ...move, workspace, holder: await this.pointers.holder(tx, move.modelId, move.pointer) };
        for (const { document } of policies.filter((bound) => move.policyVersionIds.includes(bound.id)))
          if (isAsked('not-worse-than-holder', promotion.via, document))
            wanted.push(...(await this.policy.wanted(tx, asked, document)));
      }
      return wanted;
    });
  }
}
