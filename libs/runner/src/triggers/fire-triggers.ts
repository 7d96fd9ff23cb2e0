import { type AuditEvent, EventFeed, type SubscriptionOptions } from '@assay/audit-reads';
import { triggerEvents } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EndAttempt } from '../attempts/end-attempt.js';
import { JobStore } from '../jobs/job.store.js';
import { SubmitJob } from '../jobs/submit-job.js';
import { TriggerStore } from './trigger.store.js';

const version = '.v1';

/** Starts the jobs that triggers ask for, one per trigger and event: the job and the cursor's move are one transaction. */
@Injectable()
export class FireTriggers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly feed: EventFeed;

  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    @Inject(LOG) log: Logger,
    private readonly triggers: TriggerStore,
    private readonly jobs: JobStore,
    private readonly submit: SubmitJob,
  ) {
    this.feed = new EventFeed(this.database, log);
  }

  onApplicationBootstrap(): void {
    this.feed.subscribe(this.subscription());
    this.feed.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.feed.stop();
  }

  subscription(): SubscriptionOptions {
    return {
      name: 'triggers',
      cursorTable: 'runner.event_cursor',
      actions: triggerEvents.map((event) => `${event}${version}`),
      handle: (tx, event) => this.handle(tx, event),
    };
  }

  private async handle(tx: Tx, event: AuditEvent): Promise<void> {
    if (event.outcome !== 'success') return;
    const on = event.action.slice(0, -version.length);
    const matching = await this.triggers.matching(tx, {
      workspace: event.workspace,
      on,
      monitor: event.links['monitor'] ?? null,
      model: event.links['model'] ?? null,
    });
    for (const trigger of matching) {
      if (trigger.createdAt > event.time) continue; // what happened before it was made is not its business
      if (await this.jobs.answers(tx, trigger.id, event.id)) continue; // the cursor was set back, for example by a restored backup
      const actor = EndAttempt.platform(trigger);
      await this.submit.inTransaction(tx, actor, trigger.job, { triggerId: trigger.id, eventId: event.id });
    }
  }
}
