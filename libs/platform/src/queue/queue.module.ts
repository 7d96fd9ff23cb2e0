import {
  type DynamicModule,
  Global,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { BullModule, getQueueToken } from '@nestjs/bull';
import { queueTopics } from '@assay/contracts';
import type { Queue } from 'bull';
import { BullJobQueue, type BullMessage, bullSettings } from './bull-job-queue.js';
import { defaultQueueTiming, JobQueue, type QueueTiming } from './job-queue.js';
import { PgBossJobQueue } from './pg-boss-job-queue.js';

export interface QueueSettings {
  /** Redis, or null for the queue in Postgres. */
  readonly redisUrl: string | null;
  /** Connection string of a service role, used when there is no Redis. */
  readonly databaseUrl: string;
  readonly timing?: QueueTiming;
  /** Lets several installations share one Redis. */
  readonly prefix?: string;
}

/** Ends the work on messages before the databases they write to are closed. */
@Injectable()
class QueueCloser implements OnApplicationShutdown {
  constructor(@Inject(JobQueue) private readonly queue: JobQueue) {}

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}

/** Makes `JobQueue` injectable everywhere: Bull where a Redis is configured, else pg-boss. */
@Global()
@Module({})
export class QueueModule {
  static with(settings: QueueSettings): DynamicModule {
    return settings.redisUrl === null ? inPostgres(settings) : inRedis(settings.redisUrl, settings);
  }
}

const logger = new Logger('JobQueue');

const told = new Map<string, number>();
const quietMs = 30_000;

/** A lost Redis fails many times a second, for each topic: the same sentence is told once in half a minute. */
function onError(error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error);
  const now = performance.now();
  if (now - (told.get(sentence) ?? -quietMs) < quietMs) return;
  told.set(sentence, now);
  logger.warn(sentence);
}

function inPostgres({ databaseUrl, timing = defaultQueueTiming }: QueueSettings): DynamicModule {
  const useFactory = async (): Promise<JobQueue> => PgBossJobQueue.open({ url: databaseUrl, onError, timing });
  return { module: QueueModule, providers: [{ provide: JobQueue, useFactory }, QueueCloser], exports: [JobQueue] };
}

function inRedis(url: string, { timing = defaultQueueTiming, prefix = 'assay' }: QueueSettings): DynamicModule {
  const queues = queueTopics.map((name) => ({ name, url, prefix, ...bullSettings(timing) }));
  const useFactory = (...made: Queue<BullMessage>[]): JobQueue => {
    const byTopic = new Map(queueTopics.map((topic, index) => [topic, expectQueue(made[index])]));
    return new BullJobQueue({ queues: byTopic, onError, timing });
  };
  return {
    module: QueueModule,
    imports: [BullModule.registerQueue(...queues)],
    providers: [
      { provide: JobQueue, inject: queueTopics.map((topic) => getQueueToken(topic)), useFactory },
      QueueCloser,
    ],
    exports: [JobQueue],
  };
}

function expectQueue(queue: Queue<BullMessage> | undefined): Queue<BullMessage> {
  if (queue === undefined) throw new Error('Nest gave fewer queues than topics.');
  return queue;
}
