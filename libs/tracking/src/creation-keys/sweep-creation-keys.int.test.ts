import { ArtifactsModule } from '@assay/platform/artifacts';
import { Clock } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { expect, it, vi } from 'vitest';
import { TrackingModule } from '../tracking.module.js';
import { SweepCreationKeys } from './sweep-creation-keys.js';

const database = testDatabase();
const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
const day = 24 * 3_600_000;

it('answers a repeated creation the same for seven days, and forgets its key then, without a record', async () => {
  const create = async (startTime: number): Promise<string> => {
    const body = { experiment_id: '0', start_time: startTime };
    const key = { 'idempotency-key': 'kept' };
    return (await platform.call('POST', '/api/2.0/mlflow/runs/create', body, undefined, key)).body.run?.info.run_id;
  };
  const records = async (): Promise<unknown> => (await database.query('select count(*) from audit.inbox'))[0];
  const sweepAfter = async (ms: number): Promise<number> => {
    const clock = vi.spyOn(platform.get(Clock), 'now').mockReturnValue(new Date(Date.now() + ms));
    try {
      return await platform.get(SweepCreationKeys).execute();
    } finally {
      clock.mockRestore();
    }
  };
  const run = await create(1); // long ago: what counts is when the request came
  expect(await sweepAfter(7 * day - 60_000)).toBe(0);
  expect(await create(1)).toBe(run);
  const before = await records();
  expect(await sweepAfter(7 * day + 60_000)).toBe(1);
  expect(await records()).toEqual(before);
  expect((await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${run}`)).status).toBe(200);
  expect(await create(1)).not.toBe(run);
});
