import type { Actor, CreateWebhookRequest, UpdateWebhookRequest, Webhook, WebhookEvent } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Database, InjectDatabase, newId } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { AttemptDelivery } from './attempt-delivery.js';
import { DeliveryStore } from './delivery.store.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookStore } from './webhook.store.js';
import { webhookNotFound, type WebhookRecord } from './webhook.js';

export type WebhookChange = Omit<UpdateWebhookRequest, 'id' | 'events'> & {
  /** The events from now on, told from those of before. */
  readonly events?: (before: readonly WebhookEvent[]) => readonly WebhookEvent[];
};

/** Makes, shows, changes and deletes webhooks. Names, addresses and texts reach the audit log as digests only, a secret not at all. */
@Injectable()
export class WebhooksService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly secrets: WebhookSecrets,
    private readonly attemptDelivery: AttemptDelivery,
    private readonly audit: AuditClient,
  ) {}

  async create(actor: Actor, input: CreateWebhookRequest): Promise<WebhookRecord> {
    await this.attemptDelivery.requireAllowed(input.url);
    const id = newId();
    const secret = this.secrets.seal(id, input.secret);
    return this.database.transaction(async (tx) => {
      const made = await this.webhooks.insert(tx, {
        id,
        workspace: actor.workspace,
        name: input.name,
        url: input.url,
        description: input.description ?? null,
        events: [...new Set(input.events)],
        status: input.status,
        secret,
        models: input.models ?? null,
        createdBy: actor.onBehalfOf ?? actor.id,
        answersTo: [actor.onBehalfOf ?? actor.id],
      });
      await this.audit.record(tx, actor, {
        action: 'registry.webhook.created.v1',
        target: { type: 'webhook', id },
        covers: [row('registry.webhook', id)],
        after: { events: made.events, models: made.models, status: made.status, signed: secret !== null },
        personal: personal(made),
      });
      return made;
    });
  }

  async get(actor: Actor, id: string): Promise<WebhookRecord> {
    return this.database.read(async (tx) => {
      const found = await this.webhooks.find(tx, actor.workspace, id);
      if (found === null) throw webhookNotFound(id);
      return found;
    });
  }

  /** One page, newest first; `nextBefore` is null at the end. */
  async list(
    actor: Actor,
    page: { limit: number; before: string | null; events?: readonly string[] },
  ): Promise<{ webhooks: WebhookRecord[]; nextBefore: string | null }> {
    const found = await this.database.read((tx) =>
      this.webhooks.list(tx, actor.workspace, { ...page, limit: page.limit + 1 }),
    );
    const webhooks = found.slice(0, page.limit);
    return { webhooks, nextBefore: found.length > page.limit ? (webhooks.at(-1)?.id ?? null) : null };
  }

  async update(actor: Actor, id: string, change: WebhookChange): Promise<WebhookRecord> {
    if (change.url !== undefined) await this.attemptDelivery.requireAllowed(change.url);
    return this.database.transaction(async (tx) => {
      const before = await this.webhooks.find(tx, actor.workspace, id, 'for update');
      if (before === null) throw webhookNotFound(id);
      const elsewhere = change.url !== undefined && change.url !== before.url;
      const after = await this.webhooks.update(tx, {
        ...before,
        name: change.name ?? before.name,
        url: change.url ?? before.url,
        description: change.description ?? before.description,
        events: change.events === undefined ? before.events : [...new Set(change.events(before.events))],
        status: change.status ?? before.status,
        secret: change.secret === undefined ? before.secret : this.secrets.seal(id, change.secret),
        models: change.models === undefined ? before.models : change.models,
        answersTo: [...new Set([...(elsewhere ? [] : before.answersTo), actor.onBehalfOf ?? actor.id])],
      });
      await this.audit.record(tx, actor, {
        action: 'registry.webhook.changed.v1',
        target: { type: 'webhook', id },
        covers: [row('registry.webhook', id)],
        before: {
          events: before.events,
          models: before.models,
          status: before.status,
          signed: before.secret !== null,
        },
        after: {
          events: after.events,
          models: after.models,
          status: after.status,
          signed: after.secret !== null,
          urlChanged: elsewhere,
          secretChanged: change.secret !== undefined,
        },
        personal: personal(after),
      });
      return after;
    });
  }

  /** What still waits for it is given up. */
  async delete(actor: Actor, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const before = await this.webhooks.find(tx, actor.workspace, id, 'for update');
      if (before === null) throw webhookNotFound(id);
      await this.webhooks.markDeleted(tx, id);
      await this.deliveries.endWaiting(tx, id, 'the webhook was deleted');
      await this.audit.record(tx, actor, {
        action: 'registry.webhook.deleted.v1',
        target: { type: 'webhook', id },
        covers: [row('registry.webhook', id)],
        before: { events: before.events, status: before.status },
      });
    });
  }
}

/** An address may hold a key in its path, as those of chat services do. */
function personal({ name, url, description }: WebhookRecord): Record<string, string> {
  return { name, url, ...(description === null ? {} : { description }) };
}

/** A webhook as the API answers it: never with its secret. */
export function shownWebhook(webhook: WebhookRecord): Webhook {
  const { id, name, url, description, events, models, status, secret, createdBy, createdAt, updatedAt } = webhook;
  return {
    id,
    name,
    url,
    description,
    events: [...events],
    models: models === null ? null : [...models],
    status,
    signed: secret !== null,
    createdBy,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
