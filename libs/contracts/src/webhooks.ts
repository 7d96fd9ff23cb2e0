import { z } from 'zod';

/** Events that MLflow's own API knows, as `entity.action`: its clients may subscribe to these, and see no others. */
export const mlflowWebhookEvents = [
  'registered_model.created',
  'model_version.created',
  'model_version_tag.set',
  'model_version_tag.deleted',
  'model_version_alias.created',
  'model_version_alias.deleted',
  'prompt.created',
  'prompt_version.created',
  'prompt_tag.set',
  'prompt_tag.deleted',
  'prompt_version_tag.set',
  'prompt_version_tag.deleted',
  'prompt_alias.created',
  'prompt_alias.deleted',
  'budget_policy.exceeded',
] as const;

/** Events that only this platform has: what governance, drift monitors and jobs do. */
export const platformWebhookEvents = [
  'registered_model.renamed',
  'registered_model.deleted',
  'model_version.deleted',
  'model_version_stage.changed',
  'pointer.moved',
  'environments.set',
  'legal_hold.set',
  'legal_hold.lifted',
  'dataset.registered',
  'evaluation.recorded',
  'policy.published',
  'policy.proposed',
  'policy.change_refused',
  'policy.change_withdrawn',
  'policy.change_superseded',
  'promotion.requested',
  'promotion.approved',
  'promotion.applied',
  'promotion.refused',
  'promotion.withdrawn',
  'promotion.expired',
  'promotion.superseded',
  'break_glass.used',
  'break_glass.overdue',
  'break_glass.reviewed',
  'drift_alert.opened',
  'drift_alert.repeated',
  'drift_alert.closed',
  'retraining.submitted',
  'job.submitted',
  'job.succeeded',
  'job.failed',
  'job.cancelled',
] as const;

export const webhookEvents = [...mlflowWebhookEvents, ...platformWebhookEvents] as const;

export type MlflowWebhookEvent = (typeof mlflowWebhookEvents)[number];
export type PlatformWebhookEvent = (typeof platformWebhookEvents)[number];
export type WebhookEvent = (typeof webhookEvents)[number];

export const webhookStatuses = ['ACTIVE', 'DISABLED'] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];

/** MLflow's rule: 1 to 63 letters, digits, dots, underscores and hyphens, beginning and ending with a letter or digit. */
export const webhookNamePattern = /^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

const instant = z.iso.datetime();
const id = z.string().min(1).max(64).describe('Id of the webhook.');
const name = z
  .string()
  .regex(webhookNamePattern, 'a name has 1 to 63 letters, digits, ".", "_" or "-", with a letter or digit at both ends')
  .describe('Name, for people.');
const url = z.string().min(1).max(2048).describe('Where deliveries are POSTed. https, and a public address.');
const events = z.array(z.enum(webhookEvents)).min(1).max(webhookEvents.length);
const secret = z
  .string()
  .max(256)
  .describe('Key of the signatures, kept encrypted and never shown. `whsec_` and base64 for Standard Webhooks.');
const models = z
  .array(z.string().min(1).max(255))
  .min(1)
  .max(100)
  .describe(
    'Names of the models that it is told of; `*` stands for any text. What is about no model is not narrowed by it.',
  );
const description = z.string().max(5000).describe('What it is for.');

export const webhook = z
  .object({
    id,
    name,
    url,
    description: description.nullable().describe('What it is for; null for nothing said.'),
    events: events.describe('What it is told of, as `entity.action`.'),
    models: models.nullable().describe('Names of the models that it is told of; null: all. `*` stands for any text.'),
    status: z
      .enum(webhookStatuses)
      .describe('DISABLED: nothing is sent, and what happens meanwhile is not kept for it.'),
    signed: z.boolean().describe('Whether it has a secret, so that deliveries are signed.'),
    createdBy: z.string().describe('Id of who made it.'),
    createdAt: instant.describe('When it was made. What happened before is not its business.'),
    updatedAt: instant.describe('Last change.'),
  })
  .meta({ id: 'Webhook' });

export const createWebhookRequest = z
  .object({
    name,
    url,
    events: events.describe('What it is to be told of.'),
    models: models.optional(),
    description: description.optional(),
    secret: secret.optional(),
    status: z.enum(webhookStatuses).default('ACTIVE').describe('DISABLED to switch it on later.'),
  })
  .meta({ id: 'CreateWebhookRequest' });

export const updateWebhookRequest = z
  .object({
    id,
    name: name.optional(),
    url: url.optional(),
    events: events.optional().describe('All that it is to be told of from now on.'),
    models: models.nullable().optional().describe('The models that it is told of from now on; null for all.'),
    description: description.optional(),
    secret: secret
      .optional()
      .describe('Another secret; empty for none. For a day deliveries are signed by the one before as well.'),
    status: z.enum(webhookStatuses).optional().describe('DISABLED to switch it off.'),
  })
  .meta({ id: 'UpdateWebhookRequest' });

export const webhookRequest = z.object({ id }).meta({ id: 'WebhookRequest' });

// Pages go from the newest to older ones.
const before = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe('Only older ones than this id: `nextBefore` of the page before.');
const nextBefore = z.string().nullable().describe('Give it as `before` for the next page; null at the end.');

export const webhookListRequest = z
  .object({
    limit: z.coerce.number().int().min(1).max(1000).default(100).describe('At most so many.'),
    before,
  })
  .meta({ id: 'WebhookListRequest' });

export const webhookList = z
  .object({
    webhooks: z.array(webhook).describe('Newest first.'),
    nextBefore,
  })
  .meta({ id: 'WebhookList' });

export const testWebhookRequest = z
  .object({
    id,
    event: z.enum(webhookEvents).optional().describe('Event to send an example of; its first one if left out.'),
  })
  .meta({ id: 'TestWebhookRequest' });

export const webhookTestResult = z
  .object({
    success: z.boolean().describe('Whether it answered with a status below 400.'),
    responseStatus: z.int().nullable().describe('HTTP status; null when there was no answer.'),
    responseBody: z.string().nullable().describe('Beginning of the answer.'),
    error: z.string().nullable().describe('Why there was no answer.'),
  })
  .meta({ id: 'WebhookTestResult' });

export const webhookDelivery = z
  .object({
    id: z
      .string()
      .describe('Id of the delivery, sent as `webhook-id` and `X-MLflow-Delivery-Id`: the same in each attempt.'),
    event: z.enum(webhookEvents).describe('What it tells of.'),
    eventId: z.string().describe('Audit record that it tells of.'),
    state: z
      .enum(['waiting', 'delivered', 'failed'])
      .describe('`waiting`: to be sent, or to be sent again. `failed`: given up; it can be replayed.'),
    attempts: z.int().min(0).describe('How often it was sent.'),
    nextAttemptAt: instant.nullable().describe('When it is sent next; null once delivered or given up.'),
    responseStatus: z.int().nullable().describe('HTTP status of the last answer.'),
    responseBody: z.string().nullable().describe('Beginning of the last answer.'),
    error: z.string().nullable().describe('Why the last attempt failed.'),
    replayOf: z.string().nullable().describe('Delivery that it repeats.'),
    createdAt: instant.describe('When the event reached the delivery log.'),
    body: z.string().describe('What is sent, byte for byte.'),
  })
  .meta({ id: 'WebhookDelivery' });

export const webhookDeliveryListRequest = z
  .object({
    id,
    state: z.enum(['waiting', 'delivered', 'failed']).optional().describe('Only those in this state.'),
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('At most so many.'),
    before,
  })
  .meta({ id: 'WebhookDeliveryListRequest' });

export const webhookDeliveryList = z
  .object({
    deliveries: z.array(webhookDelivery).describe('Newest first. Ended ones are kept for 30 days.'),
    nextBefore,
  })
  .meta({ id: 'WebhookDeliveryList' });

export const webhookDeliveryRequest = z
  .object({ id, delivery: z.string().min(1).max(64).describe('Id of the delivery.') })
  .meta({ id: 'WebhookDeliveryRequest' });

export type Webhook = z.infer<typeof webhook>;
export type CreateWebhookRequest = z.infer<typeof createWebhookRequest>;
export type UpdateWebhookRequest = z.infer<typeof updateWebhookRequest>;
export type WebhookTestResult = z.infer<typeof webhookTestResult>;
export type WebhookDelivery = z.infer<typeof webhookDelivery>;
export type WebhookDeliveryListRequest = z.infer<typeof webhookDeliveryListRequest>;
