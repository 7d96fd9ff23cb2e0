import type { WebhookEvent, WebhookStatus } from '@assay/contracts';
import { AppError } from '@assay/platform/http';
import type { WebhookScope } from './webhook-scope.js';

/** Where a workspace's events are sent. The secret stays encrypted until a delivery is signed. */
export interface WebhookRecord extends WebhookScope {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly WebhookEvent[];
  readonly status: WebhookStatus;
  readonly secret: Buffer | null;
  /** The one before, which signs as well until receivers know the new one; null outside of that time. */
  readonly previousSecret: Buffer | null;
  /** Ids of those in whose names it is told things: who chose its address, and who changed it since. */
  readonly answersTo: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const deliveryStates = ['waiting', 'delivered', 'failed'] as const;

/** One message for one webhook, with what has come of it. */
export interface DeliveryRecord {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly part: number;
  readonly event: WebhookEvent;
  readonly body: string;
  readonly models: readonly string[];
  readonly state: (typeof deliveryStates)[number];
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly error: string | null;
  readonly replayOf: string | null;
  readonly createdAt: Date;
}

/** What an event tells one webhook: its name, and the bytes that are signed and sent. */
export interface Message {
  readonly event: WebhookEvent;
  readonly body: string;
  /** Names of the registered models that it is about. */
  readonly models: readonly string[];
}

/** MLflow's sentence. */
export function webhookNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Webhook with ID ${id} not found.`);
}
