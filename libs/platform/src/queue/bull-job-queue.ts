import type { QueueTopic } from '@assay/contracts';
import type { Queue } from 'bull';
import type { Tx } from '../database/index.js';
import { afterCommit } from './after-commit.js';
import {
  checkQueueId,
  defaultQueueTiming,
  deliveryAttempts,
  JobQueue,
  type QueueHandler,
  type QueueTiming,
  type WorkOptions,
} from './job-queue.js';

export interface BullMessage {
  readonly id: string;
}

export interface BullOptions {
  /** One Bull queue per topic: a queue shared by topics would hand a worker messages of topics it has no handler for. */
  readonly queues: ReadonlyMap<QueueTopic, Queue<BullMessage>>;
  /** Told what happened in the background: a lost connection, a message that could not be sent after its commit. */
  readonly onError: (error: unknown) => void;
  readonly timing?: QueueTiming;
}

/** How long a call waits for Redis. */
const addSeconds = 2;

/** How Bull treats the messages of a topic, for `BullModule.registerQueue`. */
export function bullSettings({ leaseSeconds, retrySeconds, retryMaxSeconds }: QueueTiming = defaultQueueTiming) {
  return {
    settings: {
      // A held lock is renewed every half duration, so a slow handler keeps its message and only a dead one loses it.
      lockDuration: Math.min(30, leaseSeconds) * 1000,
      stalledInterval: Math.min(30, leaseSeconds) * 1000,
      maxStalledCount: deliveryAttempts,
      backoffStrategies: {
        doubling: (attempt: number): number => Math.min(retrySeconds * 2 ** (attempt - 1), retryMaxSeconds) * 1000,
      },
    },
    defaultJobOptions: {
      attempts: deliveryAttempts,
      backoff: { type: 'doubling' },
      removeOnComplete: true,
      removeOnFail: true,
    },
  };
}

/** The queue in Redis. A transaction can't reach into Redis, so a message of a transaction leaves right after its commit. */
export class BullJobQueue extends JobQueue {
  readonly #timing: QueueTiming;
  readonly #working = new Set<Promise<void>>();

  constructor(private readonly options: BullOptions) {
    super();
    this.#timing = options.timing ?? defaultQueueTiming;
    for (const queue of options.queues.values()) queue.on('error', options.onError);
  }

  async enqueue(tx: Tx | null, topic: QueueTopic, id: string): Promise<void> {
    const queue = this.#queue(topic);
    const message = { id: checkQueueId(id) };
    if (tx === null) {
      // A Redis that is away must not hold up the caller: the message is a hint, and the reconciler sends it again.
      await withinSeconds(addSeconds, queue.add(message).catch(this.options.onError));
      return;
    }
    afterCommit(tx, () => {
      queue.add(message).catch(this.options.onError);
    });
  }

  async work(topic: QueueTopic, handler: QueueHandler, { concurrency = 4 }: WorkOptions = {}): Promise<void> {
    const queue = this.#queue(topic);
    // Not waited for: the platform starts without its Redis, and the worker begins when it comes.
    queue
      .process(concurrency, async (message) => {
        const run = handler(message.data.id);
        const settled = run.then(nothing, nothing).finally(() => this.#working.delete(settled));
        this.#working.add(settled);
        await run;
      })
      .catch(this.options.onError);
  }

  async close(): Promise<void> {
    const queues = [...this.options.queues.values()];
    await withinSeconds(
      addSeconds,
      Promise.all(queues.map(async (queue) => queue.pause(true, true).catch(this.options.onError))),
    );
    await withinSeconds(this.#timing.graceSeconds, Promise.all(this.#working));
    await withinSeconds(
      addSeconds,
      Promise.all(queues.map(async (queue) => queue.close(true).catch(this.options.onError))),
    );
  }

  #queue(topic: QueueTopic): Queue<BullMessage> {
    const queue = this.options.queues.get(topic);
    if (queue === undefined) throw new TypeError(`The topic ${topic} has no queue in this process.`);
    return queue;
  }
}

function nothing(): void {
  return undefined;
}

async function withinSeconds(seconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
