import type { WebhookEvent } from '@assay/contracts';
import { Config } from '@assay/platform/config';
import { Clock, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { exampleBody } from './example-body.js';
import { allowedAddresses, ForbiddenAddressError, type GuardedConnectionOptions } from './guarded-connection.js';
import { type Attempt, sendDelivery } from './send-delivery.js';
import { deliveryHeaders } from './signatures.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { hostOf, parseTarget } from './webhook-target.js';
import type { WebhookRecord } from './webhook.js';

const resolveTimeoutMs = 5_000;

/** The way out: everything that leaves for a webhook's address, or that asks about it, goes through here. */
@Injectable()
export class AttemptDelivery {
  constructor(
    private readonly config: Config,
    private readonly secrets: WebhookSecrets,
    private readonly clock: Clock,
  ) {}

  /** Sends a message once, signed where the webhook has a secret. Never throws: what went wrong is the answer. */
  async execute(
    webhook: Pick<WebhookRecord, 'id' | 'url' | 'secret' | 'previousSecret'>,
    id: string,
    body: string,
  ): Promise<Attempt> {
    const { timeoutMs, deliver } = this.config.webhooks;
    if (!deliver)
      return { kind: 'failed', error: 'this process sends no webhooks (ASSAY_WEBHOOKS_DELIVER=0)', final: true };
    try {
      const url = parseTarget(webhook.url, this.rules());
      const now = this.clock.now();
      const seconds = Math.floor(now.getTime() / 1000);
      const secret = this.secrets.open(webhook.id, webhook.secret);
      const previous = this.secrets.open(webhook.id, webhook.previousSecret);
      const headers = deliveryHeaders({ id, seconds, body }, secret, previous);
      return await sendDelivery(url, body, headers, { ...this.rules(), timeoutMs, now });
    } catch (error) {
      if (error instanceof AppError) return { kind: 'failed', error: error.detail, final: true };
      return { kind: 'failed', error: 'the secret can’t be opened with the key of this installation', final: false };
    }
  }

  /** Sends an example of an event at once. */
  async example(webhook: WebhookRecord, event: WebhookEvent): Promise<Attempt> {
    return this.execute(webhook, newId(), exampleBody(event, webhook.workspace, this.clock.now()));
  }

  /**
   * What is asked of an address before it is kept. The same is asked again of every connection: a name may mean something else by then.
   * @throws {AppError} INVALID_PARAMETER_VALUE with MLflow's sentences.
   */
  async requireAllowed(text: string): Promise<void> {
    const host = hostOf(parseTarget(text, this.rules()));
    if (this.rules().allowPrivate) return;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('the name service did not answer')), resolveTimeoutMs);
    try {
      await Promise.race([allowedAddresses(host, this.rules()), late.promise]);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown reason';
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        error instanceof ForbiddenAddressError
          ? `Webhook URL must not resolve to a non-public IP address. '${host}' resolves to one: ${why}.`
          : `Cannot resolve Webhook URL hostname '${host}': ${why}`,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  private rules(): GuardedConnectionOptions {
    return { allowPrivate: this.config.webhooks.allowPrivate };
  }
}
