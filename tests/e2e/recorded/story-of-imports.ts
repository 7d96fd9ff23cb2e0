import type { Answer, StoryProbe } from './route-caller.js';

/** The administrator brings a little of everything from another server. */
export async function storyOfImports(probe: StoryProbe): Promise<void> {
  const origin = 'http://elsewhere.example';
  const fingerprint = 'f'.repeat(64);
  const post = (path: string, body: object): Promise<Answer> =>
    probe.send({ route: `POST /api/v1/imports/${path}`, as: 'root', body: { origin, ...body } });
  const times = { creation_time: 1, last_update_time: 2 };
  const tags = [{ key: 'team', value: 'risk' }];

  await post('experiments', { experiment_id: '4711', name: 'from elsewhere', tags, ...times });
  await post('runs', {
    experiment_id: '4711',
    run_id: 'a'.repeat(32),
    run_name: 'theirs',
    user_id: 'zoe',
    start_time: 1,
    fingerprint,
  });
  await post('logged-models', {
    experiment_id: '4711',
    model_id: `m-${'b'.repeat(32)}`,
    name: 'theirs',
    source_run_id: 'a'.repeat(32),
    creation_time: 1,
    fingerprint,
  });
  await post('logged-models/complete', {
    model_id: `m-${'b'.repeat(32)}`,
    status: 'LOGGED_MODEL_READY',
    last_update_time: 2,
    fingerprint,
  });
  await post('runs/complete', {
    run_id: 'a'.repeat(32),
    status: 'FINISHED',
    end_time: 2,
    lifecycle_stage: 'active',
    fingerprint,
  });
  await post('registered-models', { name: 'theirs', tags, ...times });
  await post('model-versions', {
    name: 'theirs',
    version: '3',
    source: `models:/m-${'b'.repeat(32)}`,
    original_source: 's3://theirs/model',
    user_id: 'zoe',
    tags,
    ...times,
  });
  await post('experiments/complete', { experiment_id: '4711', lifecycle_stage: 'deleted', last_update_time: 2 });
}
