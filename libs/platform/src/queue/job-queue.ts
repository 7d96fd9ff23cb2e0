import type { QueueTopic } from '@assay/contracts';
import type { Tx } from '../database/index.js';

export type QueueHandler = (id: string) => Promise<void>;

export interface WorkOptions {
  /** Ids handled at once by this process. */
  readonly concurrency?: number;
}

/**
 * Wake-ups between and inside services: a topic and the id of a row. Two adapters, Postgres (pg-boss) and Redis (Bull);
 * `job-queue.conformance.ts` is what both keep.
 *
 * - Only ids travel. A handler reads the row, finds out what is to be done now, and finds nothing if it was done before.
 * - At least once: an id may come twice, late, and out of order. A handler that throws, or whose process dies, gets it again.
 * - Postgres holds the truth. Wiping the queue loses time, never work: every topic has a reconciler that enqueues again what
 *   its tables say is waiting, so nothing essential may exist in the queue alone.
 * - `enqueue` with a transaction is seen by workers only if that transaction commits. On Postgres both are one commit; on
 *   Redis the message is sent right after the commit and is lost if the process dies in between: the reconciler's case again.
 * - Left out on purpose: payloads, priorities, delays, schedules, results. They are columns of the service's own tables.
 */
export abstract class JobQueue {
  abstract enqueue(tx: Tx | null, topic: QueueTopic, id: string): Promise<void>;

  /** Starts to work on a topic; one handler per topic and process. */
  abstract work(topic: QueueTopic, handler: QueueHandler, options?: WorkOptions): Promise<void>;

  /** Takes no more, waits for the handlers in flight up to the adapter's grace time, and leaves the rest to be delivered again. */
  abstract close(): Promise<void>;
}

/** What both adapters are told; the defaults suit a service, tests shorten them. */
export interface QueueTiming {
  /** How long a message may be in a handler before it counts as lost and is delivered again. */
  readonly leaseSeconds: number;
  /** First wait after a handler threw; it doubles up to `retryMaxSeconds`. */
  readonly retrySeconds: number;
  readonly retryMaxSeconds: number;
  /** How long `close` waits for handlers. */
  readonly graceSeconds: number;
}

export const defaultQueueTiming: QueueTiming = {
  leaseSeconds: 300,
  retrySeconds: 1,
  retryMaxSeconds: 60,
  graceSeconds: 20,
};

/** After so many failures a message is dropped; the reconciler will bring it back if its row still waits. */
export const deliveryAttempts = 50;

const idPattern = /^[0-9A-Za-z][0-9A-Za-z_.:-]{0,199}$/;

/** @throws {TypeError} because an id that is no id is a mistake in our code, never of a caller. */
export function checkQueueId(id: string): string {
  if (!idPattern.test(id)) throw new TypeError(`"${id}" is no id: the queue carries ids only.`);
  return id;
}
