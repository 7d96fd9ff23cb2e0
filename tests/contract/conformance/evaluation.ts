import { expect } from 'vitest';
import type { Api } from './api.js';
import { type Case, invalid, missing, refusals, refused } from './case.js';

const issues = '/api/3.0/mlflow/issues';
const scorers = '/api/3.0/mlflow/scorers';
const datasets = '/api/3.0/mlflow/datasets';

async function issue(api: Api, more: object): Promise<string> {
  const { body } = await api.post(issues, { name: 'slow', description: 'It is slow.', ...more });
  return body.issue.issue_id;
}

export const issueCases: readonly Case[] = [
  {
    name: 'issues: noted with all that is known, and read again',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const source_run_id = await api.run({ experiment_id });
      const asked = {
        experiment_id,
        name: 'slow',
        description: 'It is slow.',
        status: 'resolved',
        severity: 'high',
        root_causes: ['network', 'disk'],
        categories: ['speed'],
        source_run_id,
        created_by: 'eve',
      };
      const { body } = await api.post(issues, asked);
      const read = await api.get(`${issues}/${body.issue.issue_id}`);
      const { issue_id, created_timestamp, last_updated_timestamp, ...rest } = read.body.issue;
      return [
        /^iss-[0-9a-f]{32}$/.test(issue_id),
        created_timestamp === last_updated_timestamp,
        rest.experiment_id === experiment_id,
        rest.source_run_id === source_run_id,
        { ...rest, experiment_id: '', source_run_id: '' },
      ];
    },
    expected: [
      true,
      true,
      true,
      true,
      {
        experiment_id: '',
        name: 'slow',
        description: 'It is slow.',
        status: 'resolved',
        severity: 'high',
        root_causes: ['network', 'disk'],
        categories: ['speed'],
        source_run_id: '',
        created_by: 'eve',
      },
    ],
  },
  {
    name: 'issues: noted in few words, then changed',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const issue_id = await issue(api, { experiment_id });
      const { body: first } = await api.get(`${issues}/${issue_id}`);
      await api.patch(`${issues}/${issue_id}`, { issue_id, name: 'fast', status: 'rejected', severity: 'low' });
      const { body: last } = await api.get(`${issues}/${issue_id}`);
      return [first, last].map(({ issue: { name, description, status, severity } }) => [
        name,
        description,
        status,
        severity,
      ]);
    },
    expected: [
      ['slow', 'It is slow.', 'pending', undefined],
      ['fast', 'It is slow.', 'rejected', 'low'],
    ],
  },
  {
    name: 'issues: the worst first, in pages, and by a filter',
    run: async (api) => {
      const experiment_id = await api.experiment();
      await issue(api, { experiment_id, name: 'plain' });
      await issue(api, { experiment_id, name: 'low', severity: 'low' });
      await issue(api, { experiment_id, name: 'high', severity: 'high', status: 'resolved' });
      const names = (answer: { body: { issues?: { name: string }[] } }): unknown =>
        answer.body.issues?.map(({ name }) => name);
      const first = await api.post(`${issues}/search`, { experiment_id, max_results: 2 });
      const second = await api.post(`${issues}/search`, {
        experiment_id,
        max_results: 2,
        page_token: first.body.next_page_token,
      });
      const found = await api.post(`${issues}/search`, { experiment_id, filter_string: "status != 'resolved'" });
      const none = await api.post(`${issues}/search`, { experiment_id, filter_string: "source_run_id = 'x'" });
      return [names(first), names(second), second.body.next_page_token, names(found), none.body];
    },
    expected: [['high', 'low'], ['plain'], '', ['low', 'plain'], { next_page_token: '' }],
  },
  ...refusals('issues', [
    [
      'without a name',
      (api) => api.post(issues, { experiment_id: '0', description: 'd' }),
      invalid("required parameter 'name'"),
    ],
    [
      'of an experiment that is not there',
      (api) => api.post(issues, { experiment_id: '99999999', name: 'n', description: 'd' }),
      missing('99999999'),
    ],
    ['one that is not there', (api) => api.get(`${issues}/iss-none`), missing("Issue with ID 'iss-none' not found")],
    [
      'a filter on something else',
      (api) => api.post(`${issues}/search`, { filter_string: "name = 'x'" }),
      invalid(/Invalid/),
    ],
  ]),
];

export const scorerCases: readonly Case[] = [
  {
    name: 'scorers: versions are registered, listed, read and deleted',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const register = (name: string): ReturnType<Api['post']> =>
        api.post(`${scorers}/register`, { experiment_id, name: 'exact', serialized_scorer: JSON.stringify({ name }) });
      const made = [await register('one'), await register('two')];
      const list = async (path: string, more: object = {}): Promise<unknown> => {
        const { body } = await api.get(`${scorers}/${path}`, { experiment_id, ...more });
        const found = body.scorers ?? (body.scorer ? [body.scorer] : []);
        return found.map((each: Record<string, unknown>) => [
          each.scorer_name,
          each.scorer_version,
          JSON.parse(String(each.serialized_scorer)).name,
        ]);
      };
      const seen = [
        await list('list'),
        await list('versions', { name: 'exact' }),
        await list('get', { name: 'exact' }),
        await list('get', { name: 'exact', version: 1 }),
      ];
      await api.delete(`${scorers}/delete`, { experiment_id, name: 'exact', version: 1 });
      seen.push(await list('versions', { name: 'exact' }));
      await api.delete(`${scorers}/delete`, { experiment_id, name: 'exact' });
      seen.push(await list('list'));
      return [
        made.map(({ body }) => [body.version, body.name]),
        made[0]?.body.scorer_id === made[1]?.body.scorer_id,
        seen,
      ];
    },
    expected: [
      [
        [1, 'exact'],
        [2, 'exact'],
      ],
      true,
      [
        [['exact', 2, 'two']],
        [
          ['exact', 1, 'one'],
          ['exact', 2, 'two'],
        ],
        [['exact', 2, 'two']],
        [['exact', 1, 'one']],
        [['exact', 2, 'two']],
        [],
      ],
    ],
  },
  ...refusals('scorers', [
    [
      'get one that is not there',
      (api) => api.get(`${scorers}/get`, { experiment_id: '0', name: 'none' }),
      missing("Scorer with name 'none' not found for experiment 0."),
    ],
    [
      'delete one that is not there',
      (api) => api.delete(`${scorers}/delete`, { experiment_id: '0', name: 'none' }),
      missing("Scorer with name 'none' not found for experiment 0."),
    ],
  ]),
];

async function dataset(api: Api, more: object = {}): Promise<string> {
  const { body } = await api.post(`${datasets}/create`, { name: api.unique('questions'), ...more });
  return body.dataset.dataset_id;
}

const record = (question: string, answer: string, tags: object = {}): object => ({
  inputs: { question },
  expectations: { answer },
  tags,
});

export const evaluationDatasetCases: readonly Case[] = [
  {
    name: 'evaluation datasets: created, read, tagged',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const id = await dataset(api, {
        experiment_ids: [experiment_id],
        tags: JSON.stringify({ env: 'dev', kept: 'yes' }),
      });
      const { body: first } = await api.get(`${datasets}/${id}`);
      await api.patch(`${datasets}/${id}/tags`, { tags: JSON.stringify({ env: 'staging', more: 'x' }) });
      await api.delete(`${datasets}/${id}/tags/more`);
      const { body: last } = await api.get(`${datasets}/${id}`);
      return [/^d-[0-9a-f]{32}$/.test(id), [first, last].map((each) => JSON.parse(each.dataset.tags))];
    },
    expected: [
      true,
      [
        { env: 'dev', kept: 'yes' },
        { env: 'staging', kept: 'yes' },
      ],
    ],
  },
  {
    name: 'evaluation datasets: found by experiment, tag and order, in pages',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const stem = api.unique('found');
      for (const [at, team] of ['ml', 'data', 'ml'].entries())
        await dataset(api, { name: `${stem}-${at}`, experiment_ids: [experiment_id], tags: JSON.stringify({ team }) });
      const search = async (more: object): Promise<unknown[]> => {
        const { body } = await api.post(`${datasets}/search`, { experiment_ids: [experiment_id], ...more });
        const names = (body.datasets ?? []).map(({ name }: { name: string }) => name.slice(stem.length));
        return [names, body.next_page_token ?? null];
      };
      const [first, token] = await search({ order_by: ['name ASC'], max_results: 2 });
      const [second] = await search({ order_by: ['name ASC'], max_results: 2, page_token: token });
      const [team] = await search({ filter_string: "tags.team = 'ml'", order_by: ['name DESC'] });
      const [named] = await search({ filter_string: `name LIKE '%-1'` });
      return [first, second, team, named];
    },
    expected: [['-0', '-1'], ['-2'], ['-2', '-0'], ['-1']],
  },
  {
    name: 'evaluation datasets: records of the same inputs are one',
    run: async (api) => {
      const id = await dataset(api);
      const put = async (records: object[]): Promise<unknown> =>
        (await api.post(`${datasets}/${id}/records`, { records: JSON.stringify(records) })).body;
      const counts = [
        await put([record('What?', 'This.', { level: 'easy' }), record('Who?', 'She.')]),
        await put([record('What?', 'That.', { seen: 'yes' }), record('Why?', 'So.')]),
      ];
      const { body } = await api.get(`${datasets}/${id}/records`);
      const records: Record<string, unknown>[] = JSON.parse(body.records);
      const what = records.find(({ inputs }) => JSON.stringify(inputs).includes('What?'));
      const gone = await api.delete(`${datasets}/${id}/records`, {
        dataset_record_ids: [what?.dataset_record_id, 'none'],
      });
      const left = await api.get(`${datasets}/${id}/records`);
      const { body: after } = await api.get(`${datasets}/${id}`);
      return [
        counts,
        records.length,
        what,
        gone.body,
        JSON.parse(left.body.records).length,
        JSON.parse(after.dataset.profile).num_records,
      ];
    },
    expected: [
      [
        { inserted_count: 2, updated_count: 0 },
        { inserted_count: 1, updated_count: 1 },
      ],
      3,
      expect.objectContaining({
        inputs: { question: 'What?' },
        expectations: { answer: 'That.' },
        tags: { level: 'easy', seen: 'yes' },
      }),
      { deleted_count: 1 },
      2,
      expect.any(Number),
    ],
  },
  {
    name: 'evaluation datasets: experiments are added and removed',
    run: async (api) => {
      const [one, two, three] = [await api.experiment(), await api.experiment(), await api.experiment()];
      const id = await dataset(api, { experiment_ids: [one] });
      const now = async (): Promise<unknown> => {
        const { body } = await api.get(`${datasets}/${id}/experiment-ids`);
        return (body.experiment_ids ?? []).map((each: string) => [one, two, three].indexOf(each)).toSorted();
      };
      await api.post(`${datasets}/${id}/add-experiments`, { experiment_ids: [one, two, three] });
      const seen = [await now()];
      await api.post(`${datasets}/${id}/remove-experiments`, { experiment_ids: [two] });
      seen.push(await now());
      await api.post(`${datasets}/${id}/remove-experiments`, { experiment_ids: [one, two, three] });
      seen.push(await now());
      return seen;
    },
    expected: [[0, 1, 2], [0, 2], []],
  },
  {
    name: 'evaluation datasets: deleted, twice',
    run: async (api) => {
      const id = await dataset(api);
      const gone = [await api.delete(`${datasets}/${id}`), await api.delete(`${datasets}/${id}`)];
      const read = refused(await api.get(`${datasets}/${id}`));
      return [gone.map(({ status }) => status), JSON.parse(JSON.stringify(read).replaceAll(id, 'ID'))];
    },
    expected: [[200, 200], missing("with id 'ID' not found")],
  },
  ...refusals('evaluation datasets', [
    ['create without a name', (api) => api.post(`${datasets}/create`, {}), invalid("required parameter 'name'")],
    [
      'add experiments to one that is not there',
      (api) => api.post(`${datasets}/d-none/add-experiments`, { experiment_ids: ['0'] }),
      missing(/not found/),
    ],
  ]),
];
