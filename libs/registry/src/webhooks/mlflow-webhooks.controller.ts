import { type Actor, type MlflowWebhookEvent, mlflowWebhookEvents, type WebhookEvent } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  createWebhookWireRequest,
  emptyResponse,
  encodePageToken,
  listWebhooksWireRequest,
  listWebhooksWireResponse,
  testWebhookWireRequest,
  testWebhookWireResponse,
  updateWebhookWireRequest,
  webhookToWire,
  webhookWireRequest,
  webhookWireResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { keysOfToken } from '../search/keyset.js';
import { DeliveriesService } from './deliveries.service.js';
import { testSucceeded } from './send-delivery.js';
import { webhookNotFound, type WebhookRecord } from './webhook.js';
import { WebhooksService } from './webhooks.service.js';

const base = '/api/2.0/mlflow/webhooks';
const pageScope = 'webhooks';

/** MLflow's API of webhooks. Its clients know no events but their own: they see a webhook's other events not at all, and leave them be. */
@Controller()
export class MlflowWebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly deliveries: DeliveriesService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: base,
    permission: 'webhooks:write',
    summary: 'Create a webhook',
    request: createWebhookWireRequest,
    response: webhookWireResponse,
  })
  async create(@Caller() actor: Actor, @Input() input: z.infer<typeof createWebhookWireRequest>) {
    const { status = 'ACTIVE', events, ...rest } = input;
    return { webhook: toWire(await this.webhooks.create(actor, { ...rest, status, events: events.map(known) })) };
  }

  @Endpoint({
    method: 'GET',
    path: base,
    permission: 'webhooks:read',
    summary: 'List webhooks',
    request: listWebhooksWireRequest,
    response: listWebhooksWireResponse,
  })
  async list(@Caller() actor: Actor, @Input() input: z.infer<typeof listWebhooksWireRequest>) {
    const limit = input.max_results;
    const before = input.page_token ? placeOf(input.page_token) : null;
    const { webhooks, nextBefore } = await this.webhooks.list(actor, { limit, before, events: mlflowWebhookEvents });
    return {
      ...(webhooks.length === 0 ? {} : { webhooks: webhooks.map(toWire) }),
      ...(nextBefore === null ? {} : { next_page_token: encodePageToken(pageScope, [nextBefore]) }),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/:webhook_id`,
    permission: 'webhooks:read',
    summary: 'Get a webhook',
    request: webhookWireRequest,
    response: webhookWireResponse,
  })
  async get(@Caller() actor: Actor, @Input() { webhook_id: id }: z.infer<typeof webhookWireRequest>) {
    return { webhook: toWire(await this.#seen(actor, id)) };
  }

  @Endpoint({
    method: 'PATCH',
    path: `${base}/:webhook_id`,
    permission: 'webhooks:write',
    summary: 'Change a webhook',
    request: updateWebhookWireRequest,
    response: webhookWireResponse,
  })
  async update(@Caller() actor: Actor, @Input() input: z.infer<typeof updateWebhookWireRequest>) {
    const { webhook_id: id, events, ...change } = input;
    await this.#seen(actor, id);
    const kept = (before: readonly WebhookEvent[]) => [
      ...(events ?? []).map(known),
      ...before.filter((event) => !isMlflowEvent(event)),
    ];
    const updated = await this.webhooks.update(actor, id, {
      ...change,
      ...(events === undefined || events.length === 0 ? {} : { events: kept }),
    });
    return { webhook: toWire(updated) };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${base}/:webhook_id`,
    permission: 'webhooks:write',
    summary: 'Delete a webhook',
    request: webhookWireRequest,
    response: emptyResponse,
  })
  async delete(@Caller() actor: Actor, @Input() { webhook_id: id }: z.infer<typeof webhookWireRequest>) {
    await this.#seen(actor, id);
    await this.webhooks.delete(actor, id);
    return {};
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/:webhook_id/test`,
    permission: 'webhooks:write',
    summary: 'Send an example to a webhook and see what it answers',
    request: testWebhookWireRequest,
    response: testWebhookWireResponse,
  })
  async test(@Caller() actor: Actor, @Input() { webhook_id: id, event }: z.infer<typeof testWebhookWireRequest>) {
    const attempt = await this.deliveries.test(actor, id, (webhook) =>
      event === undefined ? webhook.events.find(isMlflowEvent) : known(event),
    );
    const result =
      attempt.kind === 'answered'
        ? {
            success: testSucceeded(attempt),
            response_status: attempt.status,
            ...(attempt.body === '' ? {} : { response_body: attempt.body }),
          }
        : { success: false, error_message: `Failed to test webhook: ${attempt.error}` };
    return { result };
  }

  /** A webhook without any event of MLflow's can't be told to its clients: they would fail on the empty list. */
  async #seen(actor: Actor, id: string): Promise<WebhookRecord> {
    const webhook = await this.webhooks.get(actor, id);
    if (!webhook.events.some(isMlflowEvent)) throw webhookNotFound(id);
    return webhook;
  }
}

function toWire(webhook: WebhookRecord) {
  return webhookToWire({ ...webhook, events: webhook.events.filter(isMlflowEvent) });
}

function isMlflowEvent(event: string): event is MlflowWebhookEvent {
  return mlflowWebhookEvents.some((each) => each === event);
}

function known(event: string): MlflowWebhookEvent {
  if (isMlflowEvent(event)) return event;
  throw new Error(`${event} is no event of MLflow's`);
}

function placeOf(token: string): string {
  return String(keysOfToken(pageScope, token, ['string'])[0]);
}
