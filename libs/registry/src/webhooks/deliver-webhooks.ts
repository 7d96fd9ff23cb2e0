import { setTimeout as pause } from 'node:timers/promises';
import { systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Config } from '@assay/platform/config';
import { Database, InjectDatabase, type Tx, acrossWorkspaces } from '@assay/platform/database';
import { LOG, type Logger } from '@assay/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AttemptDelivery } from './attempt-delivery.js';
import { type AttemptResult, DeliveryStore } from './delivery.store.js';
import { isWorthRetrying, retryDelayMs } from './retry-schedule.js';
import type { Attempt } from './send-delivery.js';
import { concerns } from './webhook-scope.js';
import { WebhookStore } from './webhook.store.js';
import type { DeliveryRecord, WebhookRecord } from './webhook.js';

const pollMs = 500;
/** Attempts under way at once in this process, of all webhooks and of one. */
const slots = 16;
const slotsPerWebhook = 4;
/** Beyond the longest time that an attempt may take: writing down what came of it. */
const leaseMarginMs = 30_000;
const tidyEveryMs = 60_000;
const keepDays = 30;
/** After so many days without one that came through. */
const failingDays = 5;

/**
 * Sends what the delivery log says is due, at least once: an attempt is taken before it is made, and what came of it is written down after. The log
 * is the only state, so any number of processes share the work, and one that dies leaves its attempts to the others when their lease is over.
 * Deliveries of one webhook may overtake each other. A process that is not to reach the internet is told to leave them to others.
 */
@Injectable()
export class DeliverWebhooks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private wake = new AbortController();
  private loop: Promise<void> | null = null;
  private readonly running = new Map<string, { readonly webhookId: string; readonly done: Promise<void> }>();
  private tidied = Number.NEGATIVE_INFINITY;

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    @Inject(LOG) private readonly log: Logger,
    private readonly config: Config,
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly attemptDelivery: AttemptDelivery,
    private readonly audit: AuditClient,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.webhooks.deliver) return;
    this.loop = acrossWorkspaces(() => this.run());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.poke();
    await this.loop;
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  /** Looks at once instead of at the next poll. */
  poke(): void {
    this.wake.abort();
  }

  private async run(): Promise<void> {
    let reported = false;
    while (!this.stopping.signal.aborted) {
      this.wake = new AbortController();
      try {
        await this.tidyInTime();
        await this.take();
        reported = false;
      } catch (error) {
        // Said once per outage: nothing is lost by it.
        if (!reported) this.log.warn({ err: error }, 'the delivery log of webhooks can’t be read');
        reported = true;
      }
      await pause(pollMs, undefined, { signal: this.wake.signal }).catch(() => undefined); // woken before its time
    }
  }

  /** Takes as many due deliveries as there are free slots, and begins to send them. */
  private async take(): Promise<void> {
    const limit = slots - this.running.size;
    if (limit <= 0) return;
    const running = [...this.running.values()].map(({ webhookId }) => webhookId);
    const { timeoutMs, maxAttempts } = this.config.webhooks;
    const order = { limit, perWebhook: slotsPerWebhook, running, maxAttempts, leaseMs: timeoutMs + leaseMarginMs };
    const taken = await this.deliveries.claim(this.database, order);
    if (taken.length === 0) return;
    const ids = [...new Set(taken.map(({ webhookId }) => webhookId))];
    const webhooks = await this.database.read((tx) => this.webhooks.byIds(tx, ids));
    for (const delivery of taken) {
      const webhook = webhooks.get(delivery.webhookId);
      if (webhook !== undefined) this.begin(webhook, delivery);
    }
  }

  private begin(webhook: WebhookRecord, delivery: DeliveryRecord): void {
    const done = this.attempt(webhook, delivery)
      .catch((error: unknown) =>
        this.log.warn({ err: error, delivery: delivery.id }, 'what came of a delivery could not be written down'),
      )
      .finally(() => {
        this.running.delete(delivery.id);
        this.poke();
      });
    this.running.set(delivery.id, { webhookId: webhook.id, done });
  }

  private async attempt(webhook: WebhookRecord, delivery: DeliveryRecord): Promise<void> {
    // What is denied by now, or left out, is not sent any more, however long it waited or who asked for it again.
    const attempt: Attempt = concerns(webhook, delivery.models)
      ? await this.attemptDelivery.execute(webhook, delivery.id, delivery.body)
      : { kind: 'failed', error: 'the webhook is not to be told of this model', final: true };
    const result = resultOf(attempt, delivery.attempts, this.config.webhooks.maxAttempts);
    await this.database.transaction((tx) => this.deliveries.finish(tx, delivery, result));
    if (result.state === 'failed')
      this.log.info(
        { webhook: webhook.id, delivery: delivery.id, status: result.responseStatus },
        'a webhook delivery was given up',
      );
  }

  private async tidyInTime(): Promise<void> {
    if (performance.now() - this.tidied < tidyEveryMs) return;
    await this.tidy();
    this.tidied = performance.now();
  }

  /** Ends what has no hope, forgets what is old, and switches off what nothing reaches. */
  async tidy(): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.deliveries.giveUp(tx, this.config.webhooks.maxAttempts);
      await this.deliveries.prune(tx, keepDays);
      for (const webhook of await this.webhooks.lockFailing(tx, failingDays)) await this.switchOff(tx, webhook);
    });
  }

  /** An address that answers nothing any more isn't called for ever; whoever switches it on again is told of what happens from then on. */
  private async switchOff(tx: Tx, { id, workspace, events }: WebhookRecord): Promise<void> {
    await this.webhooks.switchOff(tx, id);
    await this.audit.record(
      tx,
      { ...systemActor, workspace },
      {
        action: 'registry.webhook.switched-off.v1',
        target: { type: 'webhook', id },
        covers: [row('registry.webhook', id)],
        before: { events, status: 'ACTIVE' },
        after: { status: 'DISABLED', failingForDays: failingDays },
      },
    );
    this.log.warn({ webhook: id }, 'a webhook was switched off: nothing has come through for days');
  }
}

/** What an attempt means for its delivery: done, another one later, or the end. */
export function resultOf(attempt: Attempt, attempts: number, maxAttempts: number): AttemptResult {
  const answered = attempt.kind === 'answered';
  const told = answered
    ? { responseStatus: attempt.status, responseBody: attempt.body, error: null }
    : { responseStatus: null, responseBody: null, error: attempt.error };
  if (answered && attempt.status >= 200 && attempt.status < 300)
    return { state: 'delivered', retryInMs: null, ...told };
  const again = attempts < maxAttempts && (answered ? isWorthRetrying(attempt.status) : !attempt.final);
  if (!again) {
    const why = answered && !isWorthRetrying(attempt.status) ? 'it was refused, and redirects are not followed' : null;
    return { state: 'failed', retryInMs: null, ...told, error: told.error ?? why };
  }
  return { state: 'waiting', retryInMs: retryDelayMs(attempts, answered ? attempt.retryAfterMs : null), ...told };
}
