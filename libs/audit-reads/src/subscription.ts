import { type Database, type Tx, acrossWorkspaces, inWorkspace } from '@assay/platform/database';
import type { AuditEvent } from './audit-event.js';
import { eventCount, eventsFrom, lockCursor, moveCursor, openCursor } from './audit-event.store.js';

export interface SubscriptionOptions {
  /** Stable, unique in its cursor table: `promotions-to-evaluations`. */
  name: string;
  /** The subscriber's own cursor table, for example `runner.event_cursor`. */
  cursorTable: `${string}.event_cursor`;
  /** The actions it wants, whole names: `promotion.requested.v1`. */
  actions: readonly string[];
  /** Where it begins the very first time: with the log's first event (default), or with the next one. */
  from?: 'start' | 'now';
  /** The effect, in the transaction that also moves the cursor, and in the event's workspace: all of it happens once, or none of it. */
  handle(tx: Tx, event: AuditEvent): Promise<void>;
}

const page = 100;

/** One subscriber's way through the log: in order, each event once. Driven by `EventFeed`; tests call `drain`. */
export class Subscription {
  /** Everything below was seen; only a hint, the truth is the cursor's row. */
  private seen: number | null = null;

  constructor(
    private readonly database: Database,
    private readonly options: SubscriptionOptions,
  ) {
    if (!/^[a-z_]+\.event_cursor$/.test(options.cursorTable))
      throw new Error(`"${options.cursorTable}" is no cursor table`);
  }

  get name(): string {
    return this.options.name;
  }

  /**
   * Handles every waiting event up to the log's present end, and tells how many. Stops early, between two events, when asked to.
   * @throws whatever the handler throws; the cursor then stands before that event, which comes again.
   */
  async drain(stop?: AbortSignal): Promise<number> {
    const { cursorTable, name, actions } = this.options;
    let from = this.seen ?? (await this.open());
    for (let handled = 0; ;) {
      const start = from;
      const { size, events } = await acrossWorkspaces(() =>
        this.database.read(async (tx) => ({
          size: await eventCount(tx),
          events: await eventsFrom(tx, start, actions, page),
        })),
      );
      for (const event of events) {
        if (stop?.aborted) return handled;
        const done = await inWorkspace(event.workspace, () =>
          this.database.transaction(async (tx) => {
            if ((await lockCursor(tx, cursorTable, name)) > event.index) return false;
            await this.options.handle(tx, event);
            await moveCursor(tx, cursorTable, name, event.index + 1);
            return true;
          }),
        );
        if (done) handled += 1;
        from = event.index + 1;
        this.seen = from;
      }
      if (events.length < page) {
        this.seen = Math.max(from, size);
        return handled;
      }
    }
  }

  /** Whether the log has grown past what this subscriber has seen. */
  isBehind(size: number): boolean {
    return this.seen === null || this.seen < size;
  }

  private async open(): Promise<number> {
    const { cursorTable, name, from } = this.options;
    return acrossWorkspaces(() =>
      this.database.transaction(async (tx) =>
        openCursor(tx, cursorTable, name, from === 'now' ? await eventCount(tx) : 0),
      ),
    );
  }
}
