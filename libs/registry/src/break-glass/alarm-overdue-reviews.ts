import { systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase, RepeatedWork, acrossWorkspaces } from '@assay/platform/database';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BreakGlassStore } from './break-glass.store.js';

const everyMs = 20_000;
const repeatMs = 24 * 3_600_000;
/** Alarms that one transaction raises. */
const atOnce = 100;

/** Raises the alarm when the review of an emergency move is overdue, and again every day until somebody closes it (docs/adr/0018). */
@Injectable()
export class AlarmOverdueReviews implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly repeated = new RepeatedWork(AlarmOverdueReviews.name, everyMs, async () => {
    const raised = await this.execute();
    return raised === 0 ? null : `${raised} reviews of emergency moves are overdue`;
  });

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly store: BreakGlassStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.repeated.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeated.stop();
  }

  /** One round. Returns how many alarms it raised. */
  async execute(): Promise<number> {
    for (let raised = 0; ;) {
      const some = await acrossWorkspaces(() => this.#raiseSome());
      raised += some;
      if (some < atOnce) return raised;
    }
  }

  #raiseSome(): Promise<number> {
    const now = this.clock.now();
    return this.database.transaction(async (tx) => {
      const taken = await this.store.takeForAlarm(tx, now, new Date(now.getTime() - repeatMs), atOnce);
      for (const { id, workspace } of taken) {
        const record = await this.store.find(tx, workspace, id);
        if (record === null) throw new Error(`the emergency move ${id} vanished`);
        await this.audit.record(
          tx,
          { ...systemActor, workspace },
          {
            action: 'registry.break-glass.overdue.v1',
            target: { type: 'break-glass', id },
            covers: [row('registry.break_glass', id)],
            after: {
              pointer: record.pointer,
              version: record.version,
              brokenBy: record.brokenBy,
              expiresAt: record.expiresAt.toISOString(),
              reviewDueAt: record.reviewDueAt.toISOString(),
            },
            links: { breakGlass: id, model: record.modelId, modelVersion: String(record.version) },
          },
        );
      }
      return taken.length;
    });
  }
}
