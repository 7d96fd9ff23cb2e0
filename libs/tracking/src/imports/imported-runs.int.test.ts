import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
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

it('gives ids that another workspace has taken to nobody twice, though it shows them to nobody else', async () => {
  actorNamed('neighbour', { workspace: 'next-door' });
  const times = { creation_time: 1, last_update_time: 1 };
  const call = async (path: string, body: object, as?: string) => {
    const answer = await platform.call('POST', path, body, as);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body;
  };
  const { experiment_id: next } = await call('/api/2.0/mlflow/experiments/create', { name: 'next' });
  const taken = String(Number(next) + 1);
  await bring('experiments', { experiment_id: taken, name: 'ahead of the sequence', ...times });
  const made = await call('/api/2.0/mlflow/experiments/create', { name: 'theirs' }, 'neighbour');
  expect(made.experiment_id).toBe(String(Number(taken) + 1));
  const brought = await call(
    '/api/v1/imports/experiments',
    { origin, experiment_id: taken, name: 'brought', ...times },
    'neighbour',
  );
  expect(brought.experiment_id).not.toBe(taken);
});
