import { AttemptDelivery } from './attempt-delivery.js';
import { ComposeMessages } from './compose-messages.js';
import { DeliverWebhooks } from './deliver-webhooks.js';
import { DeliveriesService } from './deliveries.service.js';
import { DeliveryStore } from './delivery.store.js';
import { MlflowWebhooksController } from './mlflow-webhooks.controller.js';
import { ModelsOfEvent } from './models-of-event.js';
import { QueueDeliveries } from './queue-deliveries.js';
import { WebhookFactsStore } from './webhook-facts.store.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookStore } from './webhook.store.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

/** What webhooks add to the registry's module. */
export const webhookControllers = [MlflowWebhooksController, WebhooksController];

export const webhookProviders = [
  WebhookStore,
  DeliveryStore,
  WebhookFactsStore,
  WebhookSecrets,
  AttemptDelivery,
  WebhooksService,
  DeliverWebhooks,
  DeliveriesService,
  ComposeMessages,
  ModelsOfEvent,
  QueueDeliveries,
];
