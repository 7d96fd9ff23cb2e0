import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../database/index.js';
import { describeJobQueue, testTiming } from './job-queue.conformance.js';
import { PgBossJobQueue } from './pg-boss-job-queue.js';

describe('PgBossJobQueue', () => {
  const database = testDatabase();
  const faults: unknown[] = [];
  const onError = (error: unknown): void => void faults.push(error);
  beforeAll(async () => {
    await database.query('create table public.queue_probe (id text primary key)');
    await database.query('grant select, insert on public.queue_probe to registry_svc');
  });

  describeJobQueue(async () => {
    const source = await new DataSource({ type: 'postgres', url: database.urls.registry, poolSize: 4 }).initialize();
    return {
      connect: async () => PgBossJobQueue.open({ url: database.urls.runner, onError, timing: testTiming }),
      database: new Database(source),
      wipe: async () => void (await database.query('truncate queue.job')),
      close: async () => source.destroy(),
    };
  });

  it('met no fault in the background', () => {
    expect(faults).toEqual([]);
  });

  it('brings an id again whose worker died without a word, when its lease is over', async () => {
    const queue = await PgBossJobQueue.open({ url: database.urls.runner, onError, timing: testTiming });
    onTestFinished(async () => queue.close());
    await queue.enqueue(null, 'runner.dispatch', 'orphan-of-a-kill');
    // What a killed process leaves: the row says active, and nobody works on it.
    await database.query(
      `update queue.job set state = 'active', started_on = now() - interval '1 minute', expire_seconds = 2 where data ->> 'id' = 'orphan-of-a-kill'`,
    );
    const again = new Promise<string>((done) => {
      void queue.work('runner.dispatch', async (id) => done(id));
    });
    expect(await again).toBe('orphan-of-a-kill');
  });

  it('refuses to start where the migration has not run, instead of making tables', async () => {
    await database.query('alter schema queue rename to queue_elsewhere');
    await expect(PgBossJobQueue.open({ url: database.urls.runner, onError })).rejects.toThrow(/not installed/);
    await database.query('alter schema queue_elsewhere rename to queue');
  });
});
