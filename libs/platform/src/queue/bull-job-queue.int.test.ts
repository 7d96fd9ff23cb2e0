import { randomUUID } from 'node:crypto';
import { testDatabase } from '@assay/testing';
import { getQueueToken } from '@nestjs/bull';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Queue } from 'bull';
import { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../database/index.js';
import { BullJobQueue } from './bull-job-queue.js';
import { describeJobQueue, testTiming } from './job-queue.conformance.js';
import { JobQueue } from './job-queue.js';
import { QueueModule } from './queue.module.js';

const redisUrl = process.env.ASSAY_TEST_REDIS_URL ?? '';

describe.skipIf(redisUrl === '')('BullJobQueue (needs Redis)', () => {
  const database = testDatabase();
  const prefix = `assay-test-${randomUUID()}`;
  beforeAll(async () => {
    await database.query('create table public.queue_probe (id text primary key)');
    await database.query('grant select, insert on public.queue_probe to registry_svc');
  });
  const start = async (): Promise<INestApplicationContext> => {
    const module = QueueModule.with({ redisUrl, databaseUrl: database.urls.runner, timing: testTiming, prefix });
    return NestFactory.createApplicationContext(module, { logger: false });
  };

  describeJobQueue(async () => {
    const source = await new DataSource({ type: 'postgres', url: database.urls.registry, poolSize: 4 }).initialize();
    const context = await start();
    return {
      connect: async () => (await start()).get(JobQueue),
      database: new Database(source),
      wipe: async () => {
        const redis = context.get<Queue>(getQueueToken('audit.sequence'), { strict: false });
        const keys = await redis.client.keys(`${prefix}:*`);
        if (keys.length > 0) await redis.client.del(keys);
      },
      close: async () => {
        await source.destroy();
        await context.close();
      },
    };
  });

  it('is what the settings choose when a Redis is named', async () => {
    const context = await start();
    expect(context.get(JobQueue)).toBeInstanceOf(BullJobQueue);
    await context.close();
  });
});

describe('BullJobQueue without its Redis', () => {
  it('lets the platform start, holds up no caller for long, and ends', async () => {
    const module = QueueModule.with({ redisUrl: 'redis://127.0.0.1:9', databaseUrl: '', timing: testTiming });
    const context = await NestFactory.createApplicationContext(module, { logger: false });
    const queue = context.get(JobQueue);
    await queue.work('runner.dispatch', async () => undefined);
    const began = performance.now();
    await queue.enqueue(null, 'runner.dispatch', 'a-hint');
    expect(performance.now() - began).toBeLessThan(20_000); // without a limit it would wait for a Redis that never comes
    await context.close();
  });
});
