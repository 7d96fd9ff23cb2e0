import type { QueueTopic } from '@assay/contracts';
import { afterAll, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { acrossWorkspaces, type Database } from '../database/index.js';
import type { JobQueue, QueueTiming } from './job-queue.js';

export interface JobQueueUnderTest {
  /** Another process's connection to the same queue. */
  connect(): Promise<JobQueue>;
  /** A service's database, for messages sent in a transaction. */
  readonly database: Database;
  /** Loses everything that waits. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** Short, so that a redelivery is seen within a test. */
export const testTiming: QueueTiming = { leaseSeconds: 2, retrySeconds: 1, retryMaxSeconds: 1, graceSeconds: 1 };

/** Collects what a worker is given, and lets a test wait for it. */
function inbox() {
  const seen: string[] = [];
  let waiting: { count: number; id: string; done: () => void }[] = [];
  return {
    seen,
    handler: async (id: string): Promise<void> => {
      seen.push(id);
      const reached = waiting.filter((wait) => seen.filter((other) => other === wait.id).length >= wait.count);
      waiting = waiting.filter((wait) => !reached.includes(wait));
      for (const wait of reached) wait.done();
    },
    arrival: async (id: string, count = 1): Promise<void> => {
      if (seen.filter((other) => other === id).length >= count) return;
      await new Promise<void>((done) => {
        waiting.push({ count, id, done });
      });
    },
  };
}

/** What every adapter of `JobQueue` keeps. Each test uses a topic of its own. */
export function describeJobQueue(open: () => Promise<JobQueueUnderTest>): void {
  describe('as a JobQueue', () => {
    conformance(open);
  });
}

function conformance(open: () => Promise<JobQueueUnderTest>): void {
  let under: JobQueueUnderTest;
  let queue: JobQueue;
  beforeAll(async () => {
    under = await open();
    queue = await under.connect();
  });
  afterAll(async () => {
    await queue?.close();
    await under?.close();
  });
  const received = async (topic: QueueTopic) => {
    const box = inbox();
    await queue.work(topic, box.handler);
    return box;
  };

  it('brings ids to the worker of their topic, also those enqueued before it began', async () => {
    const topic = 'runner.dispatch';
    for (let index = 0; index < 25; index += 1) await queue.enqueue(null, topic, `early-${index}`);
    const box = await received(topic);
    await queue.enqueue(null, topic, 'late');
    await Promise.all([
      ...Array.from({ length: 25 }, async (_, index) => box.arrival(`early-${index}`)),
      box.arrival('late'),
    ]);
    expect(new Set(box.seen).size).toBe(26);
  });

  it('tolerates the same id many times: each is a wake-up of its own', async () => {
    const box = await received('runner.events');
    await Promise.all(Array.from({ length: 5 }, async () => queue.enqueue(null, 'runner.events', 'again')));
    await box.arrival('again', 5);
    expect(box.seen).toEqual(Array.from({ length: 5 }, () => 'again'));
  });

  describe('in a transaction', () => {
    aroundAll((tests) => acrossWorkspaces(tests));
    it('shows the message only once the transaction has committed, with what it wrote', async () => {
      const topic = 'drift.windows';
      const states: unknown[] = [];
      const told = new Promise<void>((done) => {
        void queue.work(topic, async (id) => {
          states.push(
            await under.database.source.query(`select count(*)::int as n from public.queue_probe where id = $1`, [id]),
          );
          done();
        });
      });
      await under.database.transaction(async (tx) => {
        await tx.query(`insert into public.queue_probe (id) values ('row-1')`);
        await queue.enqueue(tx, topic, 'row-1');
        await tx.query('select pg_sleep(0.3)');
        expect(states).toEqual([]);
      });
      await told;
      expect(states).toEqual([[{ n: 1 }]]);
    });

    it('sends nothing when the transaction rolls back', async () => {
      const box = await received('registry.events');
      const failing = under.database.transaction(async (tx) => {
        await queue.enqueue(tx, 'registry.events', 'rolled-back');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await under.database.transaction(async (tx) => queue.enqueue(tx, 'registry.events', 'committed'));
      await box.arrival('committed');
      expect(box.seen).toEqual(['committed']);
    });
  });

  it('brings an id again after its handler threw', async () => {
    const box = inbox();
    let failures = 0;
    await queue.work('registry.checks', async (id) => {
      failures += 1;
      if (failures === 1) throw new Error('not yet');
      await box.handler(id);
    });
    await queue.enqueue(null, 'registry.checks', 'stubborn');
    await box.arrival('stubborn');
    expect(failures).toBe(2);
  });

  it('brings an id to another worker after the one that had it went away in the middle', async () => {
    const doomed = await under.connect();
    const begun = new Promise<void>((done) => {
      void doomed.work('drift.events', async () => {
        done();
        await new Promise<void>(() => undefined);
      });
    });
    await queue.enqueue(null, 'drift.events', 'orphan');
    await begun;
    await doomed.close();
    const box = await received('drift.events');
    await box.arrival('orphan');
    expect(box.seen).toContain('orphan');
  });

  it('goes on after a wipe: only the messages are lost, and what enqueues them again is served', async () => {
    const topic = 'audit.sequence';
    await queue.enqueue(null, topic, 'lost');
    await under.wipe();
    const box = await received(topic);
    await queue.enqueue(null, topic, 'sent-again-by-the-reconciler');
    await box.arrival('sent-again-by-the-reconciler');
    expect(box.seen).toEqual(['sent-again-by-the-reconciler']);
  });

  it.each(['', 'two words', '{"payload":1}', 'x'.repeat(201)])('carries ids only: refuses %j', async (id) => {
    await expect(queue.enqueue(null, 'runner.dispatch', id)).rejects.toThrow(TypeError);
  });
}
