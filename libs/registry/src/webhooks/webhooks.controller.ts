import {
  type Actor,
  type CreateWebhookRequest,
  createWebhookRequest,
  testWebhookRequest,
  type UpdateWebhookRequest,
  updateWebhookRequest,
  type Webhook,
  type WebhookDelivery,
  webhook,
  webhookDelivery,
  webhookDeliveryList,
  type WebhookDeliveryListRequest,
  webhookDeliveryListRequest,
  webhookDeliveryRequest,
  webhookList,
  webhookListRequest,
  webhookRequest,
  type WebhookTestResult,
  webhookTestResult,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import { DeliveriesService } from './deliveries.service.js';
import { testSucceeded } from './send-delivery.js';
import { shownWebhook, WebhooksService } from './webhooks.service.js';

const base = '/api/v1/webhooks';

/** The platform's own API of webhooks: every event, and the log of what was delivered. */
@Controller()
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly deliveries: DeliveriesService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: base,
    permission: 'webhooks:write',
    summary: 'Send events of this workspace to an address',
    request: createWebhookRequest,
    response: webhook,
    status: 201,
  })
  async create(@Caller() actor: Actor, @Input() input: CreateWebhookRequest): Promise<Webhook> {
    return shownWebhook(await this.webhooks.create(actor, input));
  }

  @Endpoint({
    method: 'GET',
    path: base,
    permission: 'webhooks:read',
    summary: 'List webhooks',
    request: webhookListRequest,
    response: webhookList,
  })
  async list(@Caller() actor: Actor, @Input() { limit, before }: z.infer<typeof webhookListRequest>) {
    const { webhooks, nextBefore } = await this.webhooks.list(actor, { limit, before: before ?? null });
    return { webhooks: webhooks.map(shownWebhook), nextBefore };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/:id`,
    permission: 'webhooks:read',
    summary: 'Read a webhook',
    request: webhookRequest,
    response: webhook,
  })
  async get(@Caller() actor: Actor, @Input() { id }: { id: string }): Promise<Webhook> {
    return shownWebhook(await this.webhooks.get(actor, id));
  }

  @Endpoint({
    method: 'PATCH',
    path: `${base}/:id`,
    permission: 'webhooks:write',
    summary: 'Change a webhook',
    request: updateWebhookRequest,
    response: webhook,
  })
  async update(@Caller() actor: Actor, @Input() { id, events, ...change }: UpdateWebhookRequest): Promise<Webhook> {
    const wanted = { ...change, ...(events === undefined ? {} : { events: () => events }) };
    return shownWebhook(await this.webhooks.update(actor, id, wanted));
  }

  @Endpoint({
    method: 'DELETE',
    path: `${base}/:id`,
    permission: 'webhooks:write',
    summary: 'Delete a webhook; what waits to be delivered is given up',
    request: webhookRequest,
    status: 204,
  })
  async delete(@Caller() actor: Actor, @Input() { id }: { id: string }): Promise<void> {
    await this.webhooks.delete(actor, id);
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/:id/test`,
    permission: 'webhooks:write',
    summary: 'Send an example and see what is answered',
    request: testWebhookRequest,
    response: webhookTestResult,
  })
  async test(
    @Caller() actor: Actor,
    @Input() { id, event }: z.infer<typeof testWebhookRequest>,
  ): Promise<WebhookTestResult> {
    const attempt = await this.deliveries.test(actor, id, ({ events }) => event ?? events[0]);
    return attempt.kind === 'answered'
      ? { success: testSucceeded(attempt), responseStatus: attempt.status, responseBody: attempt.body, error: null }
      : { success: false, responseStatus: null, responseBody: null, error: attempt.error };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/:id/deliveries`,
    permission: 'webhooks:read',
    summary: 'List what was sent, and what waits to be sent',
    request: webhookDeliveryListRequest,
    response: webhookDeliveryList,
  })
  listDeliveries(@Caller() actor: Actor, @Input() input: WebhookDeliveryListRequest) {
    return this.deliveries.list(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${base}/:id/deliveries/:delivery/replay`,
    permission: 'webhooks:write',
    summary: 'Send a delivery again, as one of its own',
    request: webhookDeliveryRequest,
    response: webhookDelivery,
    status: 201,
  })
  replay(
    @Caller() actor: Actor,
    @Input() { id, delivery }: z.infer<typeof webhookDeliveryRequest>,
  ): Promise<WebhookDelivery> {
    return this.deliveries.replay(actor, id, delivery);
  }
}
