import {
  type Actor,
  isHidden,
  type WebhookDelivery,
  type WebhookDeliveryListRequest,
  type WebhookEvent,
} from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { AttemptDelivery } from './attempt-delivery.js';
import { DeliverWebhooks } from './deliver-webhooks.js';
import { DeliveryStore } from './delivery.store.js';
import type { Attempt } from './send-delivery.js';
import { WebhookStore } from './webhook.store.js';
import { type DeliveryRecord, webhookNotFound, type WebhookRecord } from './webhook.js';

/** Looks into a webhook's delivery log, sends a delivery again, and sends an example. */
@Injectable()
export class DeliveriesService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly attemptDelivery: AttemptDelivery,
    private readonly deliverWebhooks: DeliverWebhooks,
    private readonly audit: AuditClient,
  ) {}

  async list(
    actor: Actor,
    { id, state, limit, before }: WebhookDeliveryListRequest,
  ): Promise<{ deliveries: WebhookDelivery[]; nextBefore: string | null }> {
    return this.database.read(async (tx) => {
      if ((await this.webhooks.find(tx, actor.workspace, id)) === null) throw webhookNotFound(id);
      const page = { state: state ?? null, limit: limit + 1, before: before ?? null };
      const found = await this.deliveries.list(tx, id, page);
      const deliveries = found.slice(0, limit);
      const nextBefore = found.length > limit ? (deliveries.at(-1)?.id ?? null) : null;
      return { deliveries: deliveries.filter(shownTo(actor)).map(shownDelivery), nextBefore };
    });
  }

  /** The same bytes again, under an id of their own: whoever received them before must not take them for a retry. */
  async replay(actor: Actor, id: string, deliveryId: string): Promise<WebhookDelivery> {
    const made = await this.database.transaction(async (tx) => {
      if ((await this.webhooks.find(tx, actor.workspace, id)) === null) throw webhookNotFound(id);
      const delivery = await this.deliveries.find(tx, id, deliveryId);
      if (delivery === null || !shownTo(actor)(delivery))
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `The webhook has no delivery '${deliveryId}' (any more).`);
      if (delivery.state === 'waiting')
        throw new AppError(
          'RESOURCE_CONFLICT',
          'The delivery is still to be sent: it can be replayed once it has ended.',
        );
      const replay = await this.deliveries.replay(tx, delivery);
      await this.audit.record(tx, actor, {
        action: 'registry.webhook.replayed.v1',
        target: { type: 'webhook', id },
        covers: [],
        after: { delivery: delivery.id, replay: replay.id, event: delivery.event },
        links: { event: delivery.eventId },
      });
      return replay;
    });
    this.deliverWebhooks.poke();
    return shownDelivery(made);
  }

  /** Sends an example at once, also to a webhook that is switched off, and tells what came of it. Nothing of it is kept. */
  async test(actor: Actor, id: string, choose: (webhook: WebhookRecord) => WebhookEvent | undefined): Promise<Attempt> {
    const webhook = await this.database.read((tx) => this.webhooks.find(tx, actor.workspace, id));
    if (webhook === null) throw webhookNotFound(id);
    const event = choose(webhook);
    if (event === undefined) throw webhookNotFound(id);
    return this.attemptDelivery.example(webhook, event);
  }
}

/** A delivery about a model that is denied to somebody isn't there for them. */
function shownTo(actor: Actor): (delivery: DeliveryRecord) => boolean {
  return ({ models }) => !models.some((model) => isHidden(actor, model));
}

function shownDelivery(delivery: DeliveryRecord): WebhookDelivery {
  const {
    id,
    event,
    eventId,
    state,
    attempts,
    nextAttemptAt,
    responseStatus,
    responseBody,
    error,
    replayOf,
    createdAt,
    body,
  } = delivery;
  return {
    id,
    event,
    eventId,
    state,
    attempts,
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
    responseStatus,
    responseBody,
    error,
    replayOf,
    createdAt: createdAt.toISOString(),
    body,
  };
}
