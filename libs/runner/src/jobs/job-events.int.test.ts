import { QueueModule } from '@assay/platform/queue';
import { testDatabase, testPlatform } from '@assay/testing';
import { type DynamicModule, Module } from '@nestjs/common';
import { expect, it } from 'vitest';
import { RunnerModule } from '../runner.module.js';
import { JobEvents } from './job-events.js';
import { aTabularJob } from './tabular-spec.builder.js';

const database = testDatabase();

@Module({})
class QueueOfThisDatabase {
  static make(): DynamicModule {
    return QueueModule.with({ redisUrl: null, databaseUrl: database.urls.runner });
  }
}

const platform = testPlatform(database, { modules: [QueueOfThisDatabase.make(), RunnerModule], services: ['runner'] });

it('ends the streams of readers when the server stops, and does not wait for the job', async () => {
  await platform.app.listen(0, '127.0.0.1');
  const { body: job } = await platform.call('POST', '/api/v1/jobs', aTabularJob());
  const stream = await fetch(`${await platform.app.getUrl()}/api/v1/jobs/${job.id}/events`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toContain('event: job');
  platform.get(JobEvents).beforeApplicationShutdown(); // as Nest does before it waits for the connections at hand
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
});
