import { expect } from 'vitest';
import { type Case, invalid, refused } from './case.js';

export const runCases: Case[] = [
  {
    name: 'runs/create: every field',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const { status, body } = await api.post('runs/create', {
        experiment_id,
        user_id: 'ada',
        run_name: 'first',
        start_time: 1234,
        tags: [{ key: 'a', value: 'b' }],
      });
      const { info, data } = body.run;
      return {
        status,
        sameIds: info.run_id === info.run_uuid && info.experiment_id === experiment_id,
        uri: info.artifact_uri.replace(experiment_id, 'E').replace(info.run_id, 'R'),
        info,
        tags: [...data.tags].sort((one, other) => (one.key < other.key ? -1 : 1)),
        inputs: body.run.inputs,
      };
    },
    expected: {
      status: 200,
      sameIds: true,
      uri: 'mlflow-artifacts:/E/R/artifacts',
      info: expect.objectContaining({
        run_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        run_name: 'first',
        user_id: 'ada',
        status: 'RUNNING',
        start_time: 1234,
        lifecycle_stage: 'active',
      }),
      tags: [
        { key: 'a', value: 'b' },
        { key: 'mlflow.runName', value: 'first' },
      ],
      inputs: {},
    },
  },
  {
    name: 'runs/create: a made-up name is a tag as well',
    run: async (api) => {
      const { info, data } = await api.runNow(await api.run());
      return [/^[a-z]+-[a-z]+-\d+$/.test(info.run_name), data.tags[0].key, data.tags[0].value === info.run_name];
    },
    expected: [true, 'mlflow.runName', true],
  },
  {
    name: 'runs/get: what is not set is absent',
    run: async (api) => {
      const { info, data, inputs, outputs } = await api.runNow(await api.run());
      return ['end_time' in info, 'metrics' in data, 'params' in data, inputs, outputs, info.user_id];
    },
    expected: [false, false, false, {}, {}, ''],
  },
  {
    name: 'runs/get: by run_uuid',
    run: async (api) => {
      const id = await api.run();
      return (await api.get('runs/get', { run_uuid: id })).body.run.info.run_id === id;
    },
    expected: true,
  },
  {
    name: 'runs/update: status, end time and name; an empty name is ignored',
    run: async (api) => {
      const run_id = await api.run({ run_name: 'before' });
      const one = await api.post('runs/update', { run_id, status: 'FINISHED', end_time: 5000, run_name: 'after' });
      const two = await api.post('runs/update', { run_id, run_name: '' });
      const { data } = await api.runNow(run_id);
      const { run_name, status, end_time } = one.body.run_info;
      return [Object.keys(one.body), run_name, status, end_time, two.body.run_info.run_name, data.tags];
    },
    expected: [['run_info'], 'after', 'FINISHED', 5000, 'after', [{ key: 'mlflow.runName', value: 'after' }]],
  },
  {
    name: 'runs/update: each status by its name',
    run: async (api) => {
      const run_id = await api.run();
      const seen: unknown[] = [];
      for (const status of ['SCHEDULED', 'FAILED', 'KILLED', 'RUNNING'])
        seen.push((await api.post('runs/update', { run_id, status })).body.run_info.status);
      return seen;
    },
    expected: ['SCHEDULED', 'FAILED', 'KILLED', 'RUNNING'],
  },
  {
    name: 'runs/set-tag: mlflow.runName renames',
    run: async (api) => {
      const run_id = await api.run();
      await api.post('runs/set-tag', { run_id, key: 'mlflow.runName', value: 'other' });
      return (await api.runNow(run_id)).info.run_name;
    },
    expected: 'other',
  },
  {
    name: 'runs/delete and restore: idempotent',
    run: async (api) => {
      const run_id = await api.run();
      const seen: unknown[] = [];
      for (const action of ['delete', 'delete', 'restore']) {
        const { status, body } = await api.post(`runs/${action}`, { run_id });
        seen.push([status, body, (await api.runNow(run_id)).info.lifecycle_stage]);
      }
      return seen;
    },
    expected: [
      [200, {}, 'deleted'],
      [200, {}, 'deleted'],
      [200, {}, 'active'],
    ],
  },
  {
    name: 'runs/log-parameter: the same again is fine, another value is not',
    run: async (api) => {
      const run_id = await api.run();
      const log = async (value: string) => api.post('runs/log-parameter', { run_id, key: 'p', value });
      return [(await log('1')).status, (await log('1')).status, refused(await log('2'))];
    },
    expected: [200, 200, invalid(/Changing param values is not allowed/)],
  },
  {
    name: 'runs/set-tag: overwrites; delete-tag removes',
    run: async (api) => {
      const run_id = await api.run({ run_name: 'n' });
      await api.post('runs/set-tag', { run_id, key: 't', value: '1' });
      await api.post('runs/set-tag', { run_id, key: 't', value: '2' });
      const then = (await api.runNow(run_id)).data.tags.find(({ key }: { key: string }) => key === 't').value;
      const removed = await api.post('runs/delete-tag', { run_id, key: 't' });
      return [then, removed.status, removed.body, (await api.runNow(run_id)).data.tags.length];
    },
    expected: ['2', 200, {}, 1],
  },
  {
    name: 'runs/log-batch: empty values, missing values, and repeated metrics',
    run: async (api) => {
      const run_id = await api.run({ run_name: 'n' });
      const point = { key: 'm', value: 1, timestamp: 1, step: 0 };
      const { status, body } = await api.post('runs/log-batch', {
        run_id,
        metrics: [point, point],
        params: [{ key: 'p', value: '' }, { key: 'q' }],
        tags: [{ key: 't', value: '' }],
      });
      const { data } = await api.runNow(run_id);
      const history = await api.get('metrics/get-history', { run_id, metric_key: 'm' });
      return [status, body, data.params, data.tags.length, history.body.metrics.length];
    },
    expected: [
      200,
      {},
      [
        { key: 'p', value: '' },
        { key: 'q', value: '' },
      ],
      2,
      1,
    ],
  },
  {
    name: 'runs/log-batch: a parameter conflict leaves nothing behind',
    run: async (api) => {
      const run_id = await api.run();
      await api.post('runs/log-parameter', { run_id, key: 'p', value: '1' });
      const answer = await api.post('runs/log-batch', {
        run_id,
        params: [{ key: 'p', value: '2' }],
        metrics: [{ key: 'm', value: 1, timestamp: 1 }],
      });
      return [refused(answer), 'metrics' in (await api.runNow(run_id)).data];
    },
    expected: [invalid(/Changing param values is not allowed/), false],
  },
  {
    name: 'runs/log-inputs: datasets with their tags',
    run: async (api) => {
      const run_id = await api.run();
      const dataset = { name: 'd', digest: 'abc', source_type: 'code', source: 's', schema: '{}', profile: '{}' };
      const datasets = [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'training' }] }];
      const { status, body } = await api.post('runs/log-inputs', { run_id, datasets });
      await api.post('runs/log-inputs', { run_id, datasets });
      return [status, body, (await api.runNow(run_id)).inputs];
    },
    expected: [
      200,
      {},
      {
        dataset_inputs: [
          {
            tags: [{ key: 'mlflow.data.context', value: 'training' }],
            dataset: { name: 'd', digest: 'abc', source_type: 'code', source: 's', schema: '{}', profile: '{}' },
          },
        ],
      },
    ],
  },
  {
    name: 'runs/outputs and log-inputs: models',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const run_id = await api.run({ experiment_id });
      const model_id = await api.loggedModel({ experiment_id });
      const made = await api.post('runs/outputs', { run_id, models: [{ model_id, step: 3 }] });
      const read = await api.post('runs/log-inputs', { run_id, models: [{ model_id }] });
      const { inputs, outputs } = await api.runNow(run_id);
      return [made.status, made.body, read.status, outputs.model_outputs[0].step, inputs.model_inputs.length];
    },
    expected: [200, {}, 200, 3, 1],
  },
  {
    name: 'experiments/search-datasets: once per purpose',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const dataset = { name: 'd', digest: 'x', source_type: 'code', source: 's' };
      for (const context of ['training', 'eval', 'training']) {
        const tags = [{ key: 'mlflow.data.context', value: context }];
        await api.post('runs/log-inputs', { run_id: await api.run({ experiment_id }), datasets: [{ dataset, tags }] });
      }
      const { body } = await api.post('/ajax-api/2.0/mlflow/experiments/search-datasets', {
        experiment_ids: [experiment_id],
      });
      return body.dataset_summaries
        .map(({ name, digest, context }: Record<string, string>) => `${name} ${digest} ${context}`)
        .toSorted();
    },
    expected: ['d x eval', 'd x training'],
  },
  {
    name: 'runs/log-model: the history tag grows',
    run: async (api) => {
      const run_id = await api.run();
      const entry = { artifact_path: 'model', flavors: {}, utc_time_created: '2026-01-01', run_id };
      for (const path of ['one', 'two'])
        await api.post('runs/log-model', { run_id, model_json: JSON.stringify({ ...entry, artifact_path: path }) });
      const { tags } = (await api.runNow(run_id)).data;
      const tag = tags.find(({ key }: { key: string }) => key === 'mlflow.log-model.history');
      return JSON.parse(tag.value).map(({ artifact_path }: { artifact_path: string }) => artifact_path);
    },
    expected: ['one', 'two'],
  },
  {
    name: 'runs: a deleted run takes no writes',
    run: async (api) => {
      const run_id = await api.run();
      await api.post('runs/delete', { run_id });
      return [
        refused(await api.post('runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 })),
        refused(await api.post('runs/log-parameter', { run_id, key: 'p', value: '1' })),
        refused(await api.post('runs/set-tag', { run_id, key: 't', value: '1' })),
      ];
    },
    expected: [0, 1, 2].map(() => invalid(/must be in the 'active' state/)),
  },
];
