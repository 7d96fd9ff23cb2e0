import { SetUp } from '@assay/access';
import { Subscription } from '@assay/audit-reads';
import { systemActor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { type Database, databaseToken, newId, acrossWorkspaces } from '@assay/platform/database';
import { testDatabase } from '@assay/testing';
import { afterAll, aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AdmitJobs } from '../../libs/runner/src/scheduling/admit-jobs.js';
import { WatchAttempts } from '../../libs/runner/src/scheduling/watch-attempts.js';
import { FireTriggers } from '../../libs/runner/src/triggers/fire-triggers.js';
import { governedRows } from '../faults/unrecorded-rows.js';
import { wholePlatform } from './whole-platform.js';

const job = {
  recipe: 'tabular',
  inputs: { dataset: { name: 'applicants', version: 1 } },
  params: { experiment: 'credit', target: 'label', positive: 'bad' },
};

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('with an audit client that drops its records, the platform changes nothing by itself', () => {
  const database = testDatabase();
  const platform = wholePlatform(database, { ASSAY_LOG_LEVEL: 'fatal' }, { workers: false });
  let dropped: RegExp | null = null;

  beforeAll(() => {
    const keep = AuditClient.prototype.record;
    vi.spyOn(AuditClient.prototype, 'record').mockImplementation(function record(this: AuditClient, ...given) {
      return dropped?.test(given[2].action) ? Promise.resolve(newId()) : keep.apply(this, given);
    });
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it('neither a new secret for the set-up', async () => {
    await needsItsRecord(/^access\./, () => platform.app.get(SetUp, { strict: false }).secretIfNeeded());
  });

  it('nor a job that gets a slot, begins, and is given up', async () => {
    const admit = platform.app.get(AdmitJobs, { strict: false });
    const { id } = await post('/api/v1/jobs', job);
    await needsItsRecord(/^runner\./, () => admit.execute());
    expect(await stateOf(id)).toBe('admitted');
    const [admitted] = await admit.admitted();
    if (!admitted) throw new Error('no job is admitted');
    await needsItsRecord(/^runner\./, () => admit.begin(admitted));
    expect(await stateOf(id)).toBe('starting');
    await database.query("update runner.attempt_status set lease_until = now() - interval '1 second'");
    await needsItsRecord(/^runner\./, () => platform.app.get(WatchAttempts, { strict: false }).execute());
    expect(await stateOf(id)).toBe('queued');
  });

  it('nor a job that a trigger asks for', async () => {
    const trigger = await post('/api/v1/triggers', { name: 'retrain', on: 'drift.alert.opened', monitor: 'm', job });
    const runner = platform.app.get<Database>(databaseToken('runner'), { strict: false });
    const subscription = new Subscription(runner, platform.app.get(FireTriggers, { strict: false }).subscription());
    const firings = async (): Promise<unknown[]> => (await read(`/api/v1/triggers/${trigger.id}`)).firings;
    dropped = /^runner\./;
    await runner.transaction((tx) =>
      platform.app.get(AuditClient, { strict: false }).record(tx, systemActor, {
        action: 'drift.alert.opened.v1',
        target: { type: 'drift.alert', id: 'a' },
        covers: [],
        links: { monitor: 'm' },
      }),
    );
    const logged = async (): Promise<number> =>
      (await database.query(`select 1 from audit.leaf where convert_from(leaf, 'UTF8') like '%drift.alert.opened.v1%'`))
        .length;
    await expect.poll(logged).toBe(1);
    await expect(subscription.drain()).rejects.toThrow('has no audit record');
    expect(await firings()).toEqual([]);
    dropped = null;
    // Whoever follows the log next, this test or the platform, sees the event again.
    await subscription.drain();
    await expect.poll(firings).toHaveLength(1);
  });

  /** Runs a step with its records dropped, which must change no governed row, then as it is, which must change some. */
  async function needsItsRecord(actions: RegExp, run: () => Promise<unknown>): Promise<void> {
    const before = await governedRows(database.query);
    dropped = actions;
    await expect(run()).rejects.toThrow('has no audit record');
    dropped = null;
    expect(await governedRows(database.query)).toEqual(before);
    await run();
    expect(await governedRows(database.query)).not.toEqual(before);
  }

  async function stateOf(id: string): Promise<unknown> {
    return (await read(`/api/v1/jobs/${id}`)).state;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once
  async function read(path: string): Promise<any> {
    return (await fetch(`${platform.url}${path}`)).json();
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  async function post(path: string, body: object): Promise<any> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${platform.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
});
