import type { QueueTopic } from '@assay/contracts';
import { PgBoss } from 'pg-boss';
import type { Tx } from '../database/index.js';
import {
  checkQueueId,
  defaultQueueTiming,
  deliveryAttempts,
  JobQueue,
  type QueueHandler,
  type QueueTiming,
  type WorkOptions,
} from './job-queue.js';

/** The schema of the queue's tables; a migration installs it, this role only uses it. */
export const queueSchema = 'queue';

export interface PgBossOptions {
  /** Connection string of a service role. */
  readonly url: string;
  /** Told what happened in the background: a lost connection, a failed sweep. */
  readonly onError: (error: unknown) => void;
  readonly timing?: QueueTiming;
}

/** The queue in Postgres: a message is enqueued in the caller's own transaction, and LISTEN/NOTIFY wakes the worker at once. */
export class PgBossJobQueue extends JobQueue {
  readonly #known = new Set<QueueTopic>();

  private constructor(
    private readonly boss: PgBoss,
    private readonly timing: QueueTiming,
  ) {
    super();
  }

  /** Connects. Fails if the migration that installs the queue's schema has not run: no service may make tables. */
  static async open({ url, onError, timing = defaultQueueTiming }: PgBossOptions): Promise<PgBossJobQueue> {
    const boss = new PgBoss({
      connectionString: url,
      application_name: 'assay-queue',
      schema: queueSchema,
      migrate: false,
      createSchema: false,
      max: 4,
      schedule: false,
      useListenNotify: true,
      reindex: false,
      monitorVacuum: false,
      superviseIntervalSeconds: Math.min(30, timing.leaseSeconds),
      monitorIntervalSeconds: Math.min(30, timing.leaseSeconds),
    });
    boss.on('error', onError);
    await boss.start();
    return new PgBossJobQueue(boss, timing);
  }

  async enqueue(tx: Tx | null, topic: QueueTopic, id: string): Promise<void> {
    await this.#ensure(topic);
    await this.boss.send(topic, { id: checkQueueId(id) }, tx === null ? {} : { db: asPgBossDb(tx) });
  }

  async work(topic: QueueTopic, handler: QueueHandler, { concurrency = 4 }: WorkOptions = {}): Promise<void> {
    await this.#ensure(topic);
    const options = {
      batchSize: Math.max(2, concurrency),
      perJobResults: true,
      // With notify on, polling relaxes to 30 s and an old backlog would drain one batch per poll: so keep fetching while batches are full.
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 1,
      notifyPollingIntervalSeconds: 5,
    } as const;
    await this.boss.work<{ id: string }, unknown, typeof options>(topic, options, async (messages) =>
      Promise.all(
        messages.map(async (message) => {
          try {
            await handler(message.data.id);
            return { id: message.id, status: 'completed' as const };
          } catch (error) {
            return {
              id: message.id,
              status: 'failed' as const,
              output: { message: error instanceof Error ? error.message : String(error) },
            };
          }
        }),
      ),
    );
  }

  async close(): Promise<void> {
    await this.boss.stop({ graceful: true, timeout: this.timing.graceSeconds * 1000 });
  }

  /** The topic's row in the queue's table, written once and kept up to date with our settings. */
  async #ensure(topic: QueueTopic): Promise<void> {
    if (this.#known.has(topic)) return;
    const { leaseSeconds, retrySeconds, retryMaxSeconds } = this.timing;
    const settings = {
      retryLimit: deliveryAttempts,
      retryDelay: retrySeconds,
      retryBackoff: true,
      retryDelayMax: retryMaxSeconds,
      expireInSeconds: leaseSeconds,
      deleteAfterSeconds: 3600,
      notify: true,
    };
    await this.boss.createQueue(topic, settings);
    await this.boss.updateQueue(topic, settings);
    this.#known.add(topic);
  }
}

/** Lets pg-boss write through the caller's transaction. */
function asPgBossDb(tx: Tx) {
  return {
    executeSql: async (text: string, values?: unknown[]): Promise<{ rows: unknown[] }> => {
      const runner = tx.queryRunner;
      if (runner === undefined) throw new TypeError('A message can only be enqueued in an open transaction.');
      return { rows: (await runner.query(text, values, true)).records };
    },
  };
}
