import { setTimeout as pause } from 'node:timers/promises';
import { type Database, acrossWorkspaces } from '@assay/platform/database';
import type { Logger } from '@assay/platform/telemetry';
import { eventCountNow } from './audit-event.store.js';
import { Subscription, type SubscriptionOptions } from './subscription.js';

const longestBackoffMs = 30_000;

/**
 * Drives a service's subscriptions: looks how far the log has grown and lets each subscriber behind it catch up. A handler that fails is tried
 * again, ever more slowly and without skipping its event; the others go on meanwhile.
 */
export class EventFeed {
  private readonly stopping = new AbortController();
  private readonly subscriptions: { readonly subscription: Subscription; failures: number; notBefore: number }[] = [];
  private loop: Promise<void> | null = null;
  private wake = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly log: Logger,
    private readonly pollMs = 200,
  ) {}

  /** Adds a subscriber; before or after `start`. */
  subscribe(options: SubscriptionOptions): Subscription {
    if (this.subscriptions.some(({ subscription }) => subscription.name === options.name))
      throw new Error(`two subscriptions are named ${options.name}`);
    const subscription = new Subscription(this.database, options);
    this.subscriptions.push({ subscription, failures: 0, notBefore: 0 });
    return subscription;
  }

  /** Begins to follow the log. */
  start(): void {
    this.loop ??= this.follow();
  }

  /** Looks at once instead of at the next poll. */
  poke(): void {
    this.wake.abort();
  }

  /** Ends after the event at hand; the rest waits for the next start. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.poke();
    await this.loop;
  }

  private async follow(): Promise<void> {
    let reported = false;
    while (!this.stopping.signal.aborted) {
      try {
        const size = await acrossWorkspaces(() => eventCountNow(this.database));
        reported = false;
        await Promise.all(
          this.subscriptions
            .filter(({ subscription }) => subscription.isBehind(size))
            .map((entry) => this.advance(entry)),
        );
      } catch (error) {
        // Said once per outage: the database comes back or the process is restarted, and no event is lost either way.
        if (!reported && !this.stopping.signal.aborted)
          this.log.warn({ err: error }, 'the event feed cannot read the audit log');
        reported = true;
      }
      this.wake = new AbortController();
      if (!this.stopping.signal.aborted)
        await pause(this.pollMs, undefined, { signal: this.wake.signal }).catch(() => undefined);
    }
  }

  private async advance(entry: {
    readonly subscription: Subscription;
    failures: number;
    notBefore: number;
  }): Promise<void> {
    if (performance.now() < entry.notBefore) return;
    try {
      await entry.subscription.drain(this.stopping.signal);
      entry.failures = 0;
    } catch (error) {
      entry.failures += 1;
      entry.notBefore = performance.now() + Math.min(longestBackoffMs, this.pollMs * 2 ** entry.failures);
      this.log.warn(
        { err: error, subscription: entry.subscription.name, failures: entry.failures },
        'an event could not be handled and will be tried again',
      );
    }
  }
}
