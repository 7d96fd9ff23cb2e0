import { AuditModule } from '@assay/audit';
import { Subscription } from '@assay/audit-reads';
import { submitJobRequest, systemActor, type Trigger } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { QueueModule } from '@assay/platform/queue';
import { RunnerModule } from '@assay/runner';
import { testDatabase, testPlatform } from '@assay/testing';
import { type DynamicModule, Module } from '@nestjs/common';
import { aroundAll, describe, expect, it } from 'vitest';
import { FireTriggers } from '../../libs/runner/src/triggers/fire-triggers.js';

const database = testDatabase();

@Module({})
class QueueOfThisDatabase {
  static make(): DynamicModule {
    return {
      module: QueueOfThisDatabase,
      imports: [QueueModule.with({ redisUrl: null, databaseUrl: database.urls.runner })],
    };
  }
}

const modules = [QueueOfThisDatabase.make(), AuditModule, RunnerModule];
// Never told an address, so no worker starts: this is about the jobs that are asked for.
const platform = testPlatform(database, { modules, services: ['runner', 'audit'] });

const job = submitJobRequest.parse({
  recipe: 'tabular',
  inputs: { dataset: { name: 'german-credit', version: 2 } },
  params: { experiment: 'credit', target: 'credit_risk', positive: 'bad', register: 'credit-risk' },
});

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('a trigger on a drift alarm', () => {
  it('starts its job once per alarm, in the name of who made it, with links from the job back to the alarm', async () => {
    const made = await platform.call('POST', '/api/v1/triggers', {
      name: 'retrain',
      on: 'drift.alert.opened',
      monitor: 'm-1',
      job,
    });
    expect(made.status).toBe(201);
    const event = await openAlert('alert-1', 'm-1');
    await expect.poll(async () => (await trigger(made.body.id)).firings).toHaveLength(1);

    const [firing] = (await trigger(made.body.id)).firings;
    expect(firing?.eventId).toBe(event);
    const started = (await platform.call('GET', `/api/v1/jobs/${firing?.jobId}`)).body;
    expect(started).toMatchObject({
      state: 'queued',
      createdBy: 'local',
      trigger: { id: made.body.id, eventId: event },
      spec: { params: { register: 'credit-risk' } },
    });
    const leaf = async () => {
      const { records } = (
        await platform.call('GET', `/api/v1/audit/records?action=runner.job.submitted.v1&targetId=${started.id}`)
      ).body;
      return records.length === 1 ? JSON.parse(records[0].leaf) : null;
    };
    await expect.poll(leaf).toMatchObject({
      actor: { kind: 'system' },
      onBehalfOf: 'local',
      links: { job: started.id, trigger: made.body.id, event },
    });
  });

  it('does not answer alarms of other monitors, nor those from before it was made', async () => {
    await openAlert('alert-early', 'm-2');
    const made = await platform.call('POST', '/api/v1/triggers', {
      name: 'retrain-m2',
      on: 'drift.alert.opened',
      monitor: 'm-2',
      model: 'credit-risk',
      job,
    });
    await openAlert('alert-other-monitor', 'm-3');
    await openAlert('alert-other-model', 'm-2', 'another');
    const event = await openAlert('alert-right', 'm-2');
    await expect.poll(async () => (await trigger(made.body.id)).firings.map(({ eventId }) => eventId)).toEqual([event]);
  });

  it('starts nothing a second time when the log is followed from its beginning again, as after a restored backup', async () => {
    const firings = async (): Promise<Trigger['firings']> => {
      const { triggers }: { triggers: Trigger[] } = (await platform.call('GET', '/api/v1/triggers')).body;
      return triggers.flatMap((one) => one.firings);
    };
    const before = await firings();
    await database.query('update runner.event_cursor set next_index = 0');
    const runner = platform.app.get<Database>(databaseToken('runner'), { strict: false });
    const restored = new Subscription(runner, platform.get(FireTriggers).subscription());
    expect(await restored.drain()).toBe(5);
    expect(await firings()).toEqual(before);
  });

  it('is one by its name', async () => {
    const again = await platform.call('POST', '/api/v1/triggers', { name: 'retrain', on: 'drift.alert.opened', job });
    expect(again.body.code).toBe('RESOURCE_ALREADY_EXISTS');
  });

  it('refuses an event that nothing tells of, and a job that no recipe runs', async () => {
    expect((await platform.call('POST', '/api/v1/triggers', { name: 'x', on: 'moon.rose', job })).status).toBe(400);
    expect(
      (
        await platform.call('POST', '/api/v1/triggers', {
          name: 'x',
          on: 'drift.alert.opened',
          job: { recipe: 'none' },
        })
      ).status,
    ).toBe(400);
  });
});

async function trigger(id: string): Promise<Trigger> {
  return (await platform.call('GET', `/api/v1/triggers/${id}`)).body;
}

/** The record that an alert leaves in the log, as the drift service writes it. */
async function openAlert(alert: string, monitor: string, model = 'credit-risk'): Promise<string> {
  const runner = platform.app.get<Database>(databaseToken('runner'), { strict: false });
  return runner.transaction((tx) =>
    platform.get(AuditClient).record(tx, systemActor, {
      action: 'drift.alert.opened.v1',
      target: { type: 'drift.alert', id: alert },
      covers: [],
      after: { monitor, model, features: ['age'] },
      links: { monitor, model, window: 'w' },
    }),
  );
}
