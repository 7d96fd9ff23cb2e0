import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const database = testDatabase();
const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
const origin = 'http://other.test';
const run_id = 'c'.repeat(32);

async function bring(path: string, body: object): Promise<void> {
  const answer = await platform.call('POST', `/api/v1/imports/${path}`, { origin, ...body });
  expect(answer.status).toBe(200);
}

it('follows a run that was resumed at its origin: its end is taken back', async () => {
  await bring('experiments', { experiment_id: '7', name: 'resumed', creation_time: 1, last_update_time: 1 });
  const states = [
    { status: 'FINISHED', end_time: 99 },
    { status: 'RUNNING', end_time: undefined },
  ];
  for (const [place, state] of states.entries()) {
    const fingerprint = String(place).repeat(64);
    await bring('runs', { experiment_id: '7', run_id, run_name: 'r', user_id: 'eve', start_time: 1, fingerprint });
    await bring('runs/complete', { run_id, ...state, lifecycle_stage: 'active', fingerprint });
    const { info } = (await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${run_id}`)).body.run;
    expect([info.status, info.end_time]).toEqual([state.status, state.end_time]);
  }
});
