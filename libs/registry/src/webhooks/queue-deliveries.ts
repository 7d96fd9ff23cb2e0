import { type AuditEvent, EventFeed, type SubscriptionOptions } from '@assay/audit-reads';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ComposeMessages } from './compose-messages.js';
import { DeliveryStore } from './delivery.store.js';
import { concerns } from './webhook-scope.js';
import { eventsOf, webhookActions } from './webhook-actions.js';
import { WebhookStore } from './webhook.store.js';

const pollMs = 500;

/** Turns events into deliveries: one row for each webhook that listens, in the transaction that moves the cursor through the audit log. */
@Injectable()
export class QueueDeliveries implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly feed: EventFeed;

  constructor(
    @InjectDatabase('registry') database: Database,
    @Inject(LOG) log: Logger,
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly composeMessages: ComposeMessages,
  ) {
    this.feed = new EventFeed(database, log, pollMs);
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
      name: 'webhooks',
      cursorTable: 'registry.event_cursor',
      actions: webhookActions,
      handle: (tx, event) => this.handle(tx, event),
    };
  }

  private async handle(tx: Tx, event: AuditEvent): Promise<void> {
    if (event.outcome !== 'success') return;
    const listening = await this.webhooks.listening(tx, event.workspace, eventsOf(event.action), event.time);
    if (listening.length === 0) return;
    const messages = await this.composeMessages.execute(tx, event);
    for (const webhook of listening) {
      const wanted = messages.filter(
        ({ event: named, models }) => webhook.events.includes(named) && concerns(webhook, models),
      );
      if (wanted.length > 0) await this.deliveries.append(tx, webhook.id, event.id, wanted);
    }
  }
}
