import { webhookNamePattern } from '@assay/contracts';
import { z } from 'zod';
import { message } from './message.js';
import { parameterError, ruleError } from './parameter-error.js';
import { int64, protoEnum, requiredText, requiredTextUpTo, text, textUpTo } from './scalars.js';

/** MLflow's numbers of what a webhook can be told about, and of what can happen to it (webhooks.proto). */
const entities = {
  REGISTERED_MODEL: 1,
  MODEL_VERSION: 2,
  MODEL_VERSION_TAG: 3,
  MODEL_VERSION_ALIAS: 4,
  PROMPT: 5,
  PROMPT_VERSION: 6,
  PROMPT_TAG: 7,
  PROMPT_VERSION_TAG: 8,
  PROMPT_ALIAS: 9,
  BUDGET_POLICY: 10,
} as const;
const actions = { CREATED: 1, UPDATED: 2, DELETED: 3, SET: 4, EXCEEDED: 5 } as const;

type WebhookEntity = keyof typeof entities;
type WebhookAction = keyof typeof actions;

const validActions: Readonly<Record<WebhookEntity, readonly WebhookAction[]>> = {
  REGISTERED_MODEL: ['CREATED'],
  MODEL_VERSION: ['CREATED'],
  MODEL_VERSION_TAG: ['DELETED', 'SET'],
  MODEL_VERSION_ALIAS: ['CREATED', 'DELETED'],
  PROMPT: ['CREATED'],
  PROMPT_VERSION: ['CREATED'],
  PROMPT_TAG: ['DELETED', 'SET'],
  PROMPT_VERSION_TAG: ['DELETED', 'SET'],
  PROMPT_ALIAS: ['CREATED', 'DELETED'],
  BUDGET_POLICY: ['EXCEEDED'],
};

const nameRule: z.core.$ZodErrorMap = ({ input }) =>
  `Webhook name '${String(input).slice(0, 200)}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`;

/** An event as a client names it; the pair must be one that MLflow knows. */
export const webhookEvent = message({
  entity: protoEnum(entities).describe('What it is about, for example MODEL_VERSION'),
  action: protoEnum(actions).describe('What happened to it, for example CREATED'),
})
  // An entity or action that isn't one was refused above, and comes here all the same.
  .refine((event) => !isPair(event) || validActions[event.entity].includes(event.action), {
    error: ({ input }) => {
      if (!isPair(input)) return 'The event is no pair of entity and action.';
      const { entity, action } = input;
      const valid = validActions[entity].map((each) => `'${each.toLowerCase()}'`).join(', ');
      return `Invalid action '${action.toLowerCase()}' for entity '${entity.toLowerCase()}'. Valid actions are: [${valid}]`;
    },
  })
  .transform((event) => (isPair(event) ? `${event.entity.toLowerCase()}.${event.action.toLowerCase()}` : z.NEVER));

function isPair(event: unknown): event is { entity: WebhookEntity; action: WebhookAction } {
  const { entity, action }: { entity?: unknown; action?: unknown } = Object(event);
  return typeof entity === 'string' && typeof action === 'string' && entity in entities && action in actions;
}

const events = z.array(webhookEvent, { error: parameterError }).max(100, { error: parameterError });
const name = requiredText.refine((value) => webhookNamePattern.test(value), { error: nameRule });
const status = protoEnum({ ACTIVE: 1, DISABLED: 2 }).optional().describe('ACTIVE or DISABLED');
const description = textUpTo(5_000).optional().describe('What it is for');
const secret = textUpTo(256).optional().describe('Key of the signatures; never answered');
const webhookId = requiredTextUpTo(256).describe('Id of the webhook');

/** protobuf can't tell the empty text from none in these fields, so MLflow leaves them as they are. */
const unlessEmpty = (value: unknown): unknown => (value === '' ? undefined : value);

export const createWebhookWireRequest = message({
  name: name.describe('Name of the webhook'),
  url: requiredTextUpTo(2_048).describe('Where to POST'),
  events: events.min(1, { error: parameterError }).describe('What it is to be told of'),
  description,
  secret,
  status,
});

export const updateWebhookWireRequest = message({
  webhook_id: webhookId,
  name: z.preprocess(unlessEmpty, name.optional()).describe('New name'),
  url: z.preprocess(unlessEmpty, textUpTo(2_048).optional()).describe('New address'),
  events: events.optional().describe('Its events from now on; none leaves them'),
  description,
  secret,
  status,
});

export const listWebhooksWireRequest = message({
  max_results: int64
    .refine((value) => value >= 0 && value <= 1_000, { error: ruleError('max_results must be between 1 and 1000.') })
    .optional()
    .transform((value) => (value === undefined || value === 0 ? 100 : value))
    .describe('Most rows in this page'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
});

export const webhookWireRequest = message({ webhook_id: webhookId });

export const testWebhookWireRequest = message({
  webhook_id: webhookId,
  event: webhookEvent.optional().describe('Event to send an example of; its first one if left out'),
});

export const wireWebhook = z
  .object({
    webhook_id: z.string().describe('Id.'),
    name: z.string().describe('Name.'),
    description: z.string().optional().describe('Description; absent for none.'),
    url: z.string().describe('Where deliveries are POSTed.'),
    events: z
      .array(
        z.object({
          entity: z.string().describe('What it is told about.'),
          action: z.string().describe('What happened to it.'),
        }),
      )
      .describe('Those of its events that MLflow knows.'),
    status: z.string().describe('ACTIVE or DISABLED.'),
    creation_timestamp: z.number().describe('Milliseconds since 1970.'),
    last_updated_timestamp: z.number().describe('Milliseconds since 1970.'),
  })
  .meta({ id: 'MlflowWebhook' });

export const webhookWireResponse = z.object({ webhook: wireWebhook.describe('The webhook') });
export const listWebhooksWireResponse = z.object({
  webhooks: z.array(wireWebhook).optional().describe('The page, newest first; absent when empty'),
  next_page_token: z.string().optional().describe('Absent at the end'),
});
export const testWebhookWireResponse = z.object({
  result: z
    .object({
      success: z.boolean().describe('Whether it answered with a status below 400.'),
      response_status: z.number().optional().describe('HTTP status; absent without an answer.'),
      response_body: z.string().optional().describe('Beginning of the answer.'),
      error_message: z.string().optional().describe('Why there was no answer.'),
    })
    .describe('What came of it'),
});

export interface WebhookView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly url: string;
  /** `entity.action`, MLflow's own only. */
  readonly events: readonly string[];
  readonly status: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A webhook as MLflow clients read it. */
export function webhookToWire(webhook: WebhookView): z.infer<typeof wireWebhook> {
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    ...(webhook.description ? { description: webhook.description } : {}),
    url: webhook.url,
    events: webhook.events.map((event) => {
      const [entity = '', action = ''] = event.toUpperCase().split('.');
      return { entity, action };
    }),
    status: webhook.status,
    creation_timestamp: webhook.createdAt.getTime(),
    last_updated_timestamp: webhook.updatedAt.getTime(),
  };
}
