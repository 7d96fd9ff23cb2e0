import { keyKeptMs } from '@assay/contracts';
import { Clock, type Database, InjectDatabase, RepeatedWork, acrossWorkspaces } from '@assay/platform/database';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModelVersionStore } from './model-version.store.js';

const hour = 3_600_000;
/** Keys that one transaction takes away. */
const atOnce = 5_000;

/** Forgets keys of registrations that are older than callers may rely on. The versions stay; no record is due for a forgotten key. */
@Injectable()
export class SweepRegistrationKeys implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly repeated = new RepeatedWork(SweepRegistrationKeys.name, hour, async () => {
    const removed = await this.execute();
    return removed === 0 ? null : `forgot ${removed} keys of registrations`;
  });

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly versions: ModelVersionStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.repeated.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeated.stop();
  }

  async execute(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - keyKeptMs);
    for (let removed = 0; ;) {
      const some = await acrossWorkspaces(() =>
        this.database.transaction((tx) => this.versions.forgetKeys(tx, before, atOnce)),
      );
      removed += some;
      if (some < atOnce) return removed;
    }
  }
}
