import { ArtifactsModule } from '@assay/platform/artifacts';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { afterAll, aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PendingValuesStore } from './latest-values/pending-values.store.js';
import { TrackingModule } from './tracking.module.js';

const api = '/api/2.0/mlflow';
const move = `with gone as (delete from tracking.metric_pending where experiment_id = $1 returning *)
  insert into tracking.metric_latest (run_number, experiment_id, key_id, step, timestamp_ms, value)
  select run_number, experiment_id, key_ids[1], steps[1], timestamps_ms[1], values[1] from gone returning 1`;

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('a search while another process is moving values to the indexes', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = async (path: string, body: object) => {
    const answer = await platform.call('POST', `${api}/${path}`, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  let restore: () => void = () => undefined;
  beforeAll(() => {
    // Nobody but the other process moves anything unasked.
    const none = { rows: 0, values: 0, runs: [] };
    const loop = vi.spyOn(platform.get(PendingValuesStore), 'settleSome').mockResolvedValue(none);
    restore = () => loop.mockRestore();
  });
  afterAll(() => restore());

  it.each(['ends well', 'is taken back'])('finds what was acknowledged, when that move %s', async (how) => {
    const { experiment_id } = await post('experiments/create', { name: how });
    const run_id: string = (await post('runs/create', { experiment_id })).run.info.run_id;
    await post('runs/log-metric', { run_id, key: 'loss', value: 7, timestamp: 1, step: 1 });
    const moved = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const other = platform
      .get<Database>(databaseToken('registry'))
      .transaction(async (tx) => {
        expect(await tx.query(move, [experiment_id])).toHaveLength(1);
        moved.resolve();
        await end.promise;
        if (how === 'is taken back') throw new Error('taken back');
      })
      .catch((error: Error) => error.message);
    await Promise.race([moved.promise, other]);
    let answered = false;
    const search = post('runs/search', { experiment_ids: [experiment_id], filter: 'metrics.loss = 7' }).finally(
      () => (answered = true),
    );
    const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await expect.poll(async () => answered || (await database.query(waiting)).length > 0).toBe(true);
    expect(answered).toBe(false);
    end.resolve();
    expect((await search).runs?.map((run: { info: { run_id: string } }) => run.info.run_id)).toEqual([run_id]);
    expect(await other).toBe(how === 'is taken back' ? 'taken back' : undefined);
  });
});
