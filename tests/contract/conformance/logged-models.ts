import { expect } from 'vitest';
import type { Api } from './api.js';
import { type Case, invalid, missing, refusals, refused } from './case.js';

async function search(api: Api, body: object): Promise<string> {
  const answer = await api.post('logged-models/search', body);
  if (answer.status !== 200) return JSON.stringify(answer.body);
  return (answer.body.models ?? []).map(({ info }: { info: { name: string } }) => info.name).join(' ');
}

async function three(api: Api): Promise<string> {
  const experiment_id = await api.experiment();
  for (const [name, model_type, kind] of [
    ['one', 'LLM', 'x'],
    ['two', 'agent', 'y'],
    ['three', 'LLM', 'Y'],
  ])
    await api.loggedModel({
      experiment_id,
      name,
      model_type,
      params: [{ key: 'kind', value: kind }],
      tags: [{ key: 'kind', value: kind }],
    });
  return experiment_id;
}

const filters: readonly (readonly [filter: string, names: string])[] = [
  ["name = 'one'", 'one'],
  ["name != 'one'", 'three two'],
  ["name LIKE 't%'", 'three two'],
  ["model_type = 'LLM'", 'one three'],
  ["attributes.model_type ILIKE 'llm'", 'one three'],
  ["name IN ('one', 'two')", 'one two'],
  ["params.kind = 'y'", 'two'],
  ["tags.kind ILIKE 'y'", 'three two'],
  ["status = 'LOGGED_MODEL_PENDING'", ''],
  ['creation_timestamp > 0', 'one three two'],
];

export const loggedModelCases: Case[] = [
  {
    name: 'logged-models: create and get, every field',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const { status, body } = await api.post('logged-models', {
        experiment_id,
        name: 'm',
        model_type: 'LLM',
        source_run_id: '123',
        params: [{ key: 'p', value: 'v' }],
        tags: [{ key: 't', value: 'v' }],
      });
      const { model } = (await api.get(`logged-models/${body.model.info.model_id}`)).body;
      const { info, data } = model;
      return {
        status,
        sameAgain: JSON.stringify(model) === JSON.stringify(body.model),
        uri: info.artifact_uri.replace(experiment_id, 'E').replace(info.model_id, 'M'),
        info,
        data,
      };
    },
    expected: {
      status: 200,
      sameAgain: true,
      uri: 'mlflow-artifacts:/E/models/M/artifacts',
      info: expect.objectContaining({
        model_id: expect.stringMatching(/^m-[0-9a-f]{32}$/),
        name: 'm',
        model_type: 'LLM',
        source_run_id: '123',
        creation_timestamp_ms: expect.any(Number),
        last_updated_timestamp_ms: expect.any(Number),
        tags: [{ key: 't', value: 'v' }],
      }),
      data: { params: [{ key: 'p', value: 'v' }] },
    },
  },
  {
    name: 'logged-models: finalized, either way',
    run: async (api) => {
      const model_id = await api.loggedModel();
      const seen: unknown[] = [];
      for (const status of ['LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']) {
        const answer = await api.patch(`logged-models/${model_id}`, { model_id, status });
        seen.push([answer.status, answer.body.model.info.status]);
      }
      return seen;
    },
    expected: [
      [200, 'LOGGED_MODEL_READY'],
      [200, 'LOGGED_MODEL_UPLOAD_FAILED'],
    ],
  },
  {
    name: 'logged-models: tags are set, overwritten and removed; params are added',
    run: async (api) => {
      const model_id = await api.loggedModel();
      const path = `logged-models/${model_id}`;
      await api.patch(`${path}/tags`, {
        tags: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      });
      await api.patch(`${path}/tags`, { tags: [{ key: 'a', value: '3' }] });
      const removed = await api.delete(`${path}/tags/b`);
      const params = await api.post(`${path}/params`, { model_id, params: [{ key: 'p', value: '1' }] });
      const { model } = (await api.get(path)).body;
      return [removed.status, removed.body, params.status, params.body, model.info.tags, model.data.params];
    },
    expected: [200, {}, 200, {}, [{ key: 'a', value: '3' }], [{ key: 'p', value: '1' }]],
  },
  {
    name: 'logged-models: deleted, it is not found',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const model_id = await api.loggedModel({ experiment_id });
      const { status, body } = await api.delete(`logged-models/${model_id}`);
      const gone = refused(await api.get(`logged-models/${model_id}`));
      return [status, body, gone, await search(api, { experiment_ids: [experiment_id] })];
    },
    expected: [200, {}, missing('not found'), ''],
  },
  {
    name: 'logged-models/search: newest first, in pages',
    run: async (api) => {
      const experiment_ids = [await three(api)];
      const first = await api.post('logged-models/search', { experiment_ids, max_results: 2 });
      const page_token = first.body.next_page_token;
      const second = await api.post('logged-models/search', { experiment_ids, max_results: 2, page_token });
      const names = (body: { models: { info: { name: string } }[] }) => body.models.map(({ info }) => info.name);
      return [names(first.body).length, names(second.body).length, 'next_page_token' in second.body];
    },
    expected: [2, 1, false],
  },
  ...filters.map(([filter, expected]) => ({
    name: `logged-models/search: ${filter}`,
    run: async (api: Api) =>
      (await search(api, { experiment_ids: [await api.shared('logged-models', three)], filter }))
        .split(' ')
        .toSorted()
        .join(' '),
    expected,
  })),
  {
    name: 'logged-models/search: ordered by name and by a metric',
    run: async (api) => {
      const experiment_id = await three(api);
      const { models } = (await api.post('logged-models/search', { experiment_ids: [experiment_id] })).body;
      const run_id = await api.run({ experiment_id });
      for (const [at, { info }] of models.slice(0, 2).entries())
        await api.post('runs/log-metric', { run_id, model_id: info.model_id, key: 'auc', value: at, timestamp: 1 });
      const by = async (field_name: string, ascending: boolean) =>
        search(api, { experiment_ids: [experiment_id], order_by: [{ field_name, ascending }] });
      const order = models.map(({ info }: { info: { name: string } }) => info.name);
      return [
        await by('name', true),
        await by('name', false),
        (await by('metrics.auc', false)) === [order[1], order[0], order[2]].join(' '),
        (await search(api, { experiment_ids: [experiment_id], filter: 'metrics.auc > 0.5' })) === order[1],
      ];
    },
    expected: ['one three two', 'two three one', true, true],
  },
  {
    name: 'logged-models/search: measured on a dataset',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const model_id = await api.loggedModel({ experiment_id, name: 'seen' });
      await api.loggedModel({ experiment_id, name: 'unseen' });
      const dataset = { dataset_name: 'd', dataset_digest: 'x' };
      const run_id = await api.run({ experiment_id });
      await api.post('runs/log-metric', { run_id, model_id, key: 'auc', value: 1, timestamp: 1, ...dataset });
      return search(api, { experiment_ids: [experiment_id], datasets: [dataset] });
    },
    expected: 'seen',
  },
  {
    name: 'logged-models: the tag of its registrations',
    run: async (api) => {
      const name = await api.model();
      const model_id = await api.loggedModel();
      const { info } = (await api.get(`logged-models/${model_id}`)).body.model;
      for (let count = 0; count < 2; count += 1)
        await api.post('model-versions/create', { name, source: info.artifact_uri, model_id });
      const { tags } = (await api.get(`logged-models/${model_id}`)).body.model.info;
      return tags.map(({ key, value }: Record<string, string>) => [key, value?.replaceAll(name, 'NAME')]);
    },
    expected: [['mlflow.modelVersions', '[{"name": "NAME", "version": 1}, {"name": "NAME", "version": 2}]']],
  },
  ...refusals('logged-models', [
    [
      'create without an experiment',
      (api) => api.post('logged-models'),
      invalid("Missing value for required parameter 'experiment_id'"),
    ],
    [
      'create with a name that is a path',
      async (api) => api.post('logged-models', { experiment_id: await api.experiment(), name: 'a/b' }),
      invalid(/Invalid model name/),
    ],
    ['get one that is not there', (api) => api.get(`logged-models/m-${'0'.repeat(32)}`), missing(/not found/)],
    [
      'finalize without a status',
      async (api) => {
        const model_id = await api.loggedModel();
        return api.patch(`logged-models/${model_id}`, { model_id });
      },
      invalid("Missing value for required parameter 'status'"),
    ],
    [
      'remove a tag that is not there',
      async (api) => api.delete(`logged-models/${await api.loggedModel()}/tags/none`),
      missing(/No tag with key/),
    ],
    ['search without experiments', (api) => api.post('logged-models/search'), invalid(/experiment_ids/)],
    [
      'search with a garbage token',
      (api) => api.post('logged-models/search', { experiment_ids: ['0'], page_token: 'garbage' }),
      { status: 500 },
    ],
    [
      'search with a filter that is none',
      (api) => api.post('logged-models/search', { experiment_ids: ['0'], filter: 'nonsense' }),
      invalid(/Invalid/),
    ],
  ]),
];
