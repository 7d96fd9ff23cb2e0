import { expect } from 'vitest';
import type { Api } from './api.js';
import { type Case, invalid, missing, refusal, refusals, refused } from './case.js';

async function names(api: Api, body: object): Promise<string[]> {
  const answer = await api.post('experiments/search', { max_results: 1000, ...body });
  return (answer.body.experiments ?? []).map(({ name }: { name: string }) => name.replace(/-[0-9a-f]{8}$/, ''));
}

/** Three experiments that only one tag has in common. */
async function three(api: Api): Promise<{ mark: string; ids: string[] }> {
  const mark = api.unique('mark');
  const ids: string[] = [];
  for (const [name, kind] of [
    ['alpha', 'one'],
    ['beta', 'two'],
    ['Gamma', 'ONE'],
  ] as const) {
    const tags = [
      { key: 'mark', value: mark },
      { key: 'kind', value: kind },
    ];
    ids.push(await api.experiment({ name: api.unique(name), tags }));
  }
  return { mark, ids };
}

const found = (filter: string, order_by: readonly string[] = ['name ASC']) => ({
  name: `experiments/search: ${filter} by ${order_by.join(', ')}`,
  run: async (api: Api): Promise<string[]> => {
    const { mark, ids } = await api.shared('experiments', three);
    return names(api, {
      filter: `tags.mark = '${mark}'${filter === '' ? '' : ` AND ${filter.replace('$first', ids[0] ?? '')}`}`,
      order_by,
    });
  },
});

export const experimentCases: Case[] = [
  {
    name: 'experiments/create and get: every field',
    run: async (api) => {
      const name = api.unique('fields');
      const { status, body } = await api.post('experiments/create', { name, tags: [{ key: 'a', value: 'b' }] });
      const { experiment } = (await api.get('experiments/get', { experiment_id: body.experiment_id })).body;
      return {
        status,
        created: Object.keys(body),
        sameName: experiment.name === name,
        location: experiment.artifact_location.replace(body.experiment_id, 'ID'),
        experiment,
      };
    },
    expected: {
      status: 200,
      created: ['experiment_id'],
      sameName: true,
      location: 'mlflow-artifacts:/ID',
      experiment: expect.objectContaining({
        experiment_id: expect.stringMatching(/^\d+$/),
        lifecycle_stage: 'active',
        creation_time: expect.any(Number),
        last_update_time: expect.any(Number),
        tags: [{ key: 'a', value: 'b' }],
      }),
    },
  },
  {
    name: 'experiments/get-by-name: as get, for deleted ones too',
    run: async (api) => {
      const name = api.unique('named');
      const id = await api.experiment({ name });
      await api.post('experiments/delete', { experiment_id: id });
      const answer = await api.get('experiments/get-by-name', { experiment_name: name });
      return [answer.body.experiment.experiment_id === id, answer.body.experiment.lifecycle_stage];
    },
    expected: [true, 'deleted'],
  },
  {
    name: 'experiments/get: the default experiment',
    run: async (api) => {
      const { name, lifecycle_stage } = (await api.get('experiments/get', { experiment_id: '0' })).body.experiment;
      return { name, lifecycle_stage };
    },
    expected: { name: 'Default', lifecycle_stage: 'active' },
  },
  {
    name: 'experiments/delete and restore: their runs go and come with them',
    run: async (api) => {
      const id = await api.experiment();
      const run = await api.run({ experiment_id: id });
      const stages: unknown[] = [];
      for (const action of ['delete', 'restore']) {
        const { status, body } = await api.post(`experiments/${action}`, { experiment_id: id });
        const { experiment } = (await api.get('experiments/get', { experiment_id: id })).body;
        stages.push([status, body, experiment.lifecycle_stage, (await api.runNow(run)).info.lifecycle_stage]);
      }
      return stages;
    },
    expected: [
      [200, {}, 'deleted', 'deleted'],
      [200, {}, 'active', 'active'],
    ],
  },
  {
    name: 'experiments/create: the name of a deleted one stays taken',
    run: async (api) => {
      const name = api.unique('taken');
      const id = await api.experiment({ name });
      await api.post('experiments/delete', { experiment_id: id });
      return refused(await api.post('experiments/create', { name }));
    },
    expected: refusal(400, 'RESOURCE_ALREADY_EXISTS', /.+/),
  },
  {
    name: 'experiments/update: renames',
    run: async (api) => {
      const id = await api.experiment();
      const new_name = api.unique('renamed');
      const { status, body } = await api.post('experiments/update', { experiment_id: id, new_name });
      const { experiment } = (await api.get('experiments/get', { experiment_id: id })).body;
      return [status, body, experiment.name === new_name];
    },
    expected: [200, {}, true],
  },
  {
    name: 'experiments/set-experiment-tag and delete-experiment-tag',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const tags = async (): Promise<unknown> =>
        (await api.get('experiments/get', { experiment_id })).body.experiment.tags;
      const set = await api.post('experiments/set-experiment-tag', { experiment_id, key: 'k', value: 'v' });
      await api.post('experiments/set-experiment-tag', { experiment_id, key: 'k', value: '' });
      const then = await tags();
      const removed = await api.post('experiments/delete-experiment-tag', { experiment_id, key: 'k' });
      return [set.status, set.body, then, removed.status, removed.body, await tags()];
    },
    expected: [200, {}, [{ key: 'k', value: '' }], 200, {}, undefined],
  },
  {
    name: 'experiments/search: GET with a query',
    run: async (api) => {
      const { mark } = await three(api);
      const answer = await api.get('experiments/search', {
        max_results: 10,
        filter: `tags.mark = '${mark}' AND tags.kind = 'two'`,
        order_by: ['name ASC'],
      });
      return [answer.status, answer.body.experiments.length, answer.body.experiments[0].name.slice(0, 4)];
    },
    expected: [200, 1, 'beta'],
  },
  {
    name: 'experiments/search: pages, and no token on the last one',
    run: async (api) => {
      const { mark } = await three(api);
      const pages: unknown[] = [];
      let page_token: string | undefined;
      do {
        const { body } = await api.post('experiments/search', {
          filter: `tags.mark = '${mark}'`,
          max_results: 2,
          order_by: ['name ASC'],
          ...(page_token === undefined ? {} : { page_token }),
        });
        pages.push([body.experiments.length, 'next_page_token' in body]);
        page_token = body.next_page_token;
      } while (page_token !== undefined && pages.length < 9);
      return pages;
    },
    expected: [
      [2, true],
      [1, false],
    ],
  },
  {
    name: 'experiments/search: nothing found is an empty object',
    run: async (api) =>
      (await api.post('experiments/search', { max_results: 5, filter: "name = 'no such thing'" })).body,
    expected: {},
  },
  {
    name: 'experiments/search: view types by name and by number',
    run: async (api) => {
      const { mark, ids } = await three(api);
      await api.post('experiments/delete', { experiment_id: ids[0] });
      const filter = `tags.mark = '${mark}'`;
      const views: unknown[] = [];
      for (const view_type of ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL', 1, 2, 3])
        views.push((await names(api, { filter, view_type, order_by: ['name ASC'] })).join(' '));
      return views;
    },
    expected: ['Gamma beta', 'alpha', 'Gamma alpha beta', 'Gamma beta', 'alpha', 'Gamma alpha beta'],
  },
  { ...found(''), expected: ['Gamma', 'alpha', 'beta'] },
  { ...found('', ['name DESC']), expected: ['beta', 'alpha', 'Gamma'] },
  { ...found('', ['experiment_id DESC']), expected: ['Gamma', 'beta', 'alpha'] },
  { ...found('', ['attribute.creation_time ASC', 'experiment_id ASC']), expected: ['alpha', 'beta', 'Gamma'] },
  { ...found("name LIKE 'a%'"), expected: ['alpha'] },
  { ...found("attribute.name ILIKE 'G%'"), expected: ['Gamma'] },
  { ...found("attribute.name ILIKE '%A%'"), expected: ['Gamma', 'alpha', 'beta'] },
  { ...found("tags.kind = 'one'"), expected: ['alpha'] },
  { ...found("tag.kind ILIKE 'one'"), expected: ['Gamma', 'alpha'] },
  { ...found("tags.kind != 'one'"), expected: ['Gamma', 'beta'] },
  { ...found('tags.nothing IS NULL'), expected: ['Gamma', 'alpha', 'beta'] },
  { ...found('tags.kind IS NOT NULL'), expected: ['Gamma', 'alpha', 'beta'] },
  { ...found("experiment_id = '$first'"), expected: ['alpha'] },
  { ...found("experiment_id IN ('$first')"), expected: ['alpha'] },
  { ...found("experiment_id NOT IN ('$first')"), expected: ['Gamma', 'beta'] },
  { ...found('creation_time > 0 and last_update_time >= 1'), expected: ['Gamma', 'alpha', 'beta'] },
  ...refusals('experiments', [
    [
      'create without a name',
      (api) => api.post('experiments/create'),
      invalid("Missing value for required parameter 'name'"),
    ],
    [
      'create with a number as name',
      (api) => api.post('experiments/create', { name: 12 }),
      invalid("Invalid value 12 for parameter 'name' supplied"),
    ],
    ['create with a blank name', (api) => api.post('experiments/create', { name: '' }), invalid("'name'")],
    [
      'create with a name that is too long',
      (api) => api.post('experiments/create', { name: 'n'.repeat(501) }),
      invalid('exceeds the maximum length of 500 characters'),
    ],
    [
      'create with tags that are no list',
      (api) => api.post('experiments/create', { name: 'x', tags: '5' }),
      invalid(`Invalid value "5" for parameter 'tags' supplied`),
    ],
    [
      'create with a location that climbs',
      (api) => api.post('experiments/create', { name: api.unique('x'), artifact_location: 's3://bucket/../x' }),
      { status: 200, body: { experiment_id: expect.any(String) } },
    ],
    [
      'get without an id',
      (api) => api.get('experiments/get'),
      invalid("Missing value for required parameter 'experiment_id'"),
    ],
    [
      'get one that is not there',
      (api) => api.get('experiments/get', { experiment_id: '999999999' }),
      missing('No Experiment with id=999999999 exists'),
    ],
    ['get with an id that is no number', (api) => api.get('experiments/get', { experiment_id: 'abc' }), invalid(/abc/)],
    [
      'get-by-name of none',
      (api) => api.get('experiments/get-by-name', { experiment_name: 'no such name' }),
      missing("Could not find experiment with name 'no such name'"),
    ],
    [
      'delete one that is not there',
      (api) => api.post('experiments/delete', { experiment_id: '999999999' }),
      missing('No Experiment with id=999999999 exists'),
    ],
    [
      'rename without a name',
      async (api) => api.post('experiments/update', { experiment_id: await api.experiment() }),
      invalid(/new_name|must not be None|Experiment name/i),
    ],
    [
      'set a tag without a key',
      async (api) => api.post('experiments/set-experiment-tag', { experiment_id: await api.experiment(), value: 'v' }),
      invalid("Missing value for required parameter 'key'"),
    ],
    [
      'delete a tag that is not there',
      async (api) =>
        api.post('experiments/delete-experiment-tag', { experiment_id: await api.experiment(), key: 'none' }),
      missing(/No tag with name: none/),
    ],
    [
      'search with too many results',
      (api) => api.post('experiments/search', { max_results: 50_001 }),
      invalid("Invalid value 50001 for parameter 'max_results' supplied"),
    ],
    [
      'search with a filter that is none',
      (api) => api.post('experiments/search', { max_results: 1, filter: 'nonsense' }),
      invalid(/Invalid clause/),
    ],
    [
      'search with an unknown attribute',
      (api) => api.post('experiments/search', { max_results: 1, filter: "artifact_location = 'x'" }),
      invalid(/Invalid attribute key 'artifact_location'/),
    ],
    [
      'search with OR',
      (api) => api.post('experiments/search', { max_results: 1, filter: "name = 'a' OR name = 'b'" }),
      invalid(/Invalid clause/),
    ],
    [
      'search with an operator that a field has not',
      (api) => api.post('experiments/search', { max_results: 1, filter: "name > 'a'" }),
      invalid(/Invalid comparator/i),
    ],
    [
      'search with a garbage token',
      (api) => api.post('experiments/search', { max_results: 1, page_token: 'garbage' }),
      invalid(/token/i),
    ],
    [
      'search ordered by an unknown attribute',
      (api) => api.post('experiments/search', { max_results: 1, order_by: ['color'] }),
      invalid(/Invalid.*(order_by|attribute).* key 'color'/),
    ],
    [
      'search-datasets of no experiment',
      (api) => api.post('/ajax-api/2.0/mlflow/experiments/search-datasets'),
      invalid('SearchDatasets request must specify at least one experiment_id.'),
    ],
    [
      'search-datasets of too many',
      (api) =>
        api.post('/ajax-api/2.0/mlflow/experiments/search-datasets', {
          experiment_ids: Array.from({ length: 21 }, String),
        }),
      invalid('SearchDatasets request cannot specify more than 20 experiment_ids. Received 21 experiment_ids.'),
    ],
  ]),
];
