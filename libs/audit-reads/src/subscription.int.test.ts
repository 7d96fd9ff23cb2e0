import { type Actor, systemActor } from '@assay/contracts';
import { Database } from '@assay/platform/database';
import { createLogger } from '@assay/platform/telemetry';
import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditEvent } from './audit-event.js';
import { EventFeed } from './event-feed.js';
import { Subscription, type SubscriptionOptions } from './subscription.js';

const database = testDatabase();
const log = createLogger('silent', 'test');
const actor: Actor = systemActor;
let runner: Database;
let next = 0;

/** Puts sequenced records into the log as the sequencer does. */
async function sequence(...actions: string[]): Promise<void> {
  for (const action of actions) {
    const leaf = {
      v: 1,
      id: `r${next}`,
      actor: { id: actor.id, kind: actor.kind },
      action,
      target: { type: 'model', id: 'm' },
      after: { n: next },
      links: { run: 'x' },
    };
    await database.query(
      `insert into audit.leaf (index, leaf, id, recorded_at, workspace, actor_id, actor_kind, action, target_type, target_id, outcome)
       values ($1, $2, $3, now(), 'default', 'system', 'system', $4, 'model', 'm', 'success')`,
      [next, Buffer.from(JSON.stringify(leaf)), leaf.id, action],
    );
    next += 1;
  }
}

function subscriber(options: Partial<SubscriptionOptions> = {}): Subscription {
  return new Subscription(runner, {
    name: 'jobs',
    cursorTable: 'runner.event_cursor',
    actions: ['a.b.v1'],
    handle: effect,
    ...options,
  });
}

const effect: SubscriptionOptions['handle'] = async (tx, event) => {
  await tx.query('insert into runner.test_effect (index, run, n) values ($1, $2, $3)', [
    event.index,
    event.links['run'],
    JSON.stringify(event.after),
  ]);
};

async function effects(): Promise<number[]> {
  return (await database.query('select index from runner.test_effect order by position')).map(({ index }) =>
    Number(index),
  );
}

beforeAll(async () => {
  await database.query(
    'create table if not exists runner.event_cursor (subscription text not null, next_index bigint not null, constraint event_cursor_pk primary key (subscription))',
  );
  // No key on the index: an event that was handled twice would stand here twice.
  await database.query(
    'create table runner.test_effect (position bigserial, index bigint not null, run text not null, n jsonb)',
  );
  await database.query('grant usage on schema runner to runner_svc');
  await database.query('grant select, insert, update on runner.event_cursor, runner.test_effect to runner_svc');
  await database.query('grant usage on sequence runner.test_effect_position_seq to runner_svc');
  const source = await new DataSource({ type: 'postgres', url: database.urls.runner, extra: { max: 8 } }).initialize();
  runner = new Database(source);
});
afterAll(async () => runner.source.destroy());
beforeEach(async () => {
  await database.query('delete from runner.test_effect');
  await database.query('delete from runner.event_cursor');
  await database.query('delete from audit.leaf');
  next = 0;
});

describe('a subscription', () => {
  it('handles its own actions in order, each once, over restarts', async () => {
    await sequence('a.b.v1', 'x.y.v1', 'a.b.v1');
    expect(await subscriber().drain()).toBe(2);
    await sequence('x.y.v1', 'a.b.v1');
    const again = subscriber();
    expect(await again.drain()).toBe(1);
    expect(await again.drain()).toBe(0);
    expect(await effects()).toEqual([0, 2, 4]);
  });

  it('goes through more events than a page', async () => {
    await sequence(...Array.from({ length: 250 }, (_, i) => (i % 5 === 0 ? 'x.y.v1' : 'a.b.v1')));
    expect(await subscriber().drain()).toBe(200);
    expect(await effects()).toHaveLength(200);
  });

  it('begins with the next event where asked to', async () => {
    await sequence('a.b.v1');
    const late = subscriber({ from: 'now' });
    expect(await late.drain()).toBe(0);
    await sequence('a.b.v1');
    expect(await late.drain()).toBe(1);
    expect(await effects()).toEqual([1]);
  });

  it('undoes effect and cursor together, and meets the event again', async () => {
    await sequence('a.b.v1', 'a.b.v1');
    let fail = true;
    const flaky = subscriber({
      handle: async (tx, event) => {
        await effect(tx, event);
        if (event.index === 1 && fail) throw new Error('not now');
      },
    });
    await expect(flaky.drain()).rejects.toThrow('not now');
    expect(await effects()).toEqual([0]);
    fail = false;
    expect(await flaky.drain()).toBe(1);
    expect(await effects()).toEqual([0, 1]);
  });

  it('does nothing twice when several processes run it at once', async () => {
    await sequence(...Array.from({ length: 60 }, () => 'a.b.v1'));
    const handled = await Promise.all([subscriber(), subscriber(), subscriber()].map((each) => each.drain()));
    expect(handled.reduce((a, b) => a + b)).toBe(60);
    expect(await effects()).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  it('gives the handler what the record says', async () => {
    await sequence('a.b.v1');
    const seen: AuditEvent[] = [];
    await subscriber({ handle: async (_, event) => void seen.push(event) }).drain();
    expect(seen).toEqual([
      {
        index: 0,
        id: 'r0',
        time: expect.any(Date),
        workspace: 'default',
        actor: { id: 'system', kind: 'system' },
        onBehalfOf: null,
        action: 'a.b.v1',
        target: { type: 'model', id: 'm', version: null },
        outcome: 'success',
        before: undefined,
        after: { n: 0 },
        links: { run: 'x' },
      },
    ]);
  });
});

describe('the event feed', () => {
  it('wakes its subscribers, tries a failed event again, lets others go on, and stops between two events', async () => {
    await sequence('a.b.v1');
    const feed = new EventFeed(runner, log, 5);
    let failures = 0;
    feed.subscribe({ name: 'steady', cursorTable: 'runner.event_cursor', actions: ['a.b.v1'], handle: effect });
    feed.subscribe({
      name: 'flaky',
      cursorTable: 'runner.event_cursor',
      actions: ['a.b.v1'],
      handle: async (tx, event) => {
        if (failures++ < 2) throw new Error('not now');
        await effect(tx, { ...event, index: event.index + 1000 });
      },
    });
    feed.start();
    await vi.waitFor(async () => expect((await effects()).toSorted((a, b) => a - b)).toEqual([0, 1000]), {
      timeout: 60_000,
    });
    await sequence('a.b.v1');
    feed.poke();
    await vi.waitFor(async () => expect((await effects()).toSorted((a, b) => a - b)).toEqual([0, 1, 1000, 1001]), {
      timeout: 60_000,
    });
    await feed.stop();
    await sequence('a.b.v1');
    expect(await effects()).toHaveLength(4);
  });

  it('refuses two subscriptions of one name', () => {
    const feed = new EventFeed(runner, log);
    const options: SubscriptionOptions = {
      name: 'same',
      cursorTable: 'runner.event_cursor',
      actions: [],
      handle: effect,
    };
    feed.subscribe(options);
    expect(() => feed.subscribe(options)).toThrow('two subscriptions are named same');
  });
});
