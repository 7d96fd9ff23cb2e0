import type { Api } from './api.js';
import { type Case, invalid, refusal, refusals } from './case.js';

/** Five runs with what filters look at; they are told apart by their names. */
async function five(api: Api): Promise<{ experiment: string; ids: Record<string, string> }> {
  const experiment = await api.experiment();
  const ids: Record<string, string> = {};
  const rows = [
    { name: 'a', start: 10, auc: 0.9, lr: '0.1', team: 'red', status: 'FINISHED', user: 'ada' },
    { name: 'b', start: 20, auc: 0.7, lr: '0.01', team: 'Red', status: 'FAILED', user: 'ada' },
    { name: 'c', start: 30, auc: 'NaN', lr: '1', team: 'blue', status: 'RUNNING', user: 'bob' },
    { name: 'd', start: 40, auc: null, lr: null, team: null, status: 'RUNNING', user: 'bob' },
    { name: 'e', start: 50, auc: -1, lr: '10', team: 'blue_1', status: 'FINISHED', user: 'eve' },
  ];
  for (const { name, start, auc, lr, team, status, user } of rows) {
    const run_id = await api.run({ experiment_id: experiment, run_name: name, start_time: start, user_id: user });
    ids[name] = run_id;
    await api.post('runs/log-batch', {
      run_id,
      metrics:
        auc === null
          ? []
          : [
              { key: 'auc', value: auc, timestamp: 1 },
              { key: 'val loss', value: start, timestamp: 1 },
            ],
      params: lr === null ? [] : [{ key: 'lr', value: lr }],
      tags: team === null ? [] : [{ key: 'team', value: team }],
    });
    await api.post('runs/update', { run_id, status, ...(status === 'FINISHED' ? { end_time: start + 5 } : {}) });
  }
  return { experiment, ids };
}

async function search(api: Api, more: object): Promise<string> {
  const { experiment, ids } = await api.shared('run-search', five);
  const text = JSON.stringify(more).replace(/\$(\w)/g, (_, name: string) => ids[name] ?? '');
  const answer = await api.post('runs/search', { experiment_ids: [experiment], ...JSON.parse(text) });
  if (answer.status !== 200) return JSON.stringify(answer.body);
  return (answer.body.runs ?? []).map(({ info }: { info: { run_name: string } }) => info.run_name).join('');
}

const filters: readonly (readonly [filter: string, names: string])[] = [
  ['', 'edcba'],
  ['metrics.auc > 0.5', 'ba'],
  ['metrics.auc >= 0.9', 'a'],
  ['metrics.auc < 0', 'e'],
  ['metrics.auc <= -1', 'e'],
  ['metrics.auc = 0.7', 'b'],
  ['metric.auc != 0.7', 'eca'],
  ['metrics.`val loss` > 15', 'ecb'],
  ['metrics."val loss" > 15', 'ecb'],
  ['metrics.none > 0', ''],
  ["params.lr = '0.1'", 'a'],
  ["param.lr != '0.1'", 'ecb'],
  ["parameters.lr LIKE '0%'", 'ba'],
  ["params.lr ILIKE '1%'", 'ec'],
  ['params.lr IS NULL', 'd'],
  ['params.lr is not null', 'ecba'],
  ["tags.team = 'red'", 'a'],
  ["tag.team != 'red'", 'ecb'],
  ["tags.team ILIKE 'red'", 'ba'],
  ["tags.team LIKE 'blue%'", 'ec'],
  ["tags.team LIKE 'blue_1'", 'e'],
  ['tags.team IS NULL', 'd'],
  ["attributes.status = 'FINISHED'", 'ea'],
  ["status != 'RUNNING'", 'eba'],
  ["attr.status ILIKE 'fin%'", 'ea'],
  ["run.run_name = 'c'", 'c'],
  ["attributes.`Run name` = 'b'", 'b'],
  ["run_name LIKE '%'", 'edcba'],
  ["user_id = 'ada'", 'ba'],
  ['start_time > 25', 'edc'],
  ['attributes.created <= 20', 'ba'],
  ['end_time = 15', 'a'],
  ["run_id = '$c'", 'c'],
  ["run_id IN ('$a', '$e')", 'ea'],
  ["attributes.run_id NOT IN ('$a','$e')", 'dcb'],
  ["artifact_uri LIKE '%artifacts'", 'edcba'],
  ["metrics.auc > 0 AND params.lr = '0.01'", 'b'],
  ["metrics.auc > 0 and tags.team = 'red' And start_time < 15", 'a'],
  ["tags.`mlflow.runName` = 'e'", 'e'],
  ['params.lr = "0.1"', 'a'],
];

const orders: readonly (readonly [order: readonly string[], names: string])[] = [
  [['start_time ASC'], 'abcde'],
  [['attributes.start_time'], 'abcde'],
  [['start_time DESC'], 'edcba'],
  [['metrics.auc DESC'], 'abecd'],
  [['metrics.auc ASC'], 'ebacd'],
  [['metrics.auc'], 'ebacd'],
  [['params.lr DESC'], 'ecabd'],
  [['params.lr ASC'], 'baced'],
  [['tags.team ASC'], 'bcead'],
  [['attribute.status ASC', 'start_time DESC'], 'beadc'],
  [['run_name desc'], 'edcba'],
  [['user_id ASC', 'metrics.auc DESC'], 'abcde'],
  [['end_time DESC'], 'eadcb'],
  [['metrics.`val loss` DESC'], 'ecbad'],
  [['metrics.nothing DESC'], 'edcba'],
];

export const runSearchCases: Case[] = [
  ...filters.map(([filter, expected]) => ({
    name: `runs/search: ${filter === '' ? 'no filter, newest first' : filter}`,
    run: async (api: Api) => search(api, { filter }),
    expected,
  })),
  ...orders.map(([order_by, expected]) => ({
    name: `runs/search: by ${order_by.join(', ')}`,
    run: async (api: Api) => search(api, { order_by }),
    expected,
  })),
  {
    name: 'runs/search: by dataset',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const run_id = await api.run({ experiment_id });
      await api.run({ experiment_id });
      const dataset = { name: 'wine', digest: 'abc', source_type: 'code', source: 's' };
      const tags = [{ key: 'mlflow.data.context', value: 'train' }];
      await api.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags }] });
      const counts: number[] = [];
      for (const filter of [
        "dataset.name = 'wine'",
        "datasets.digest LIKE 'ab%'",
        "dataset.context = 'train'",
        "dataset.name IN ('wine', 'beer')",
        "dataset.name != 'wine'",
        "dataset.context = 'eval'",
      ]) {
        const { body } = await api.post('runs/search', { experiment_ids: [experiment_id], filter });
        counts.push(body.runs?.length ?? 0);
      }
      return counts;
    },
    expected: [1, 1, 1, 1, 0, 0],
  },
  {
    name: 'runs/search: pages of equal start times, by id',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const ids: string[] = [];
      for (let count = 0; count < 5; count += 1) ids.push(await api.run({ experiment_id, start_time: 1 }));
      const seen: string[] = [];
      const tokens: boolean[] = [];
      let page_token: string | undefined;
      do {
        const { body } = await api.post('runs/search', {
          experiment_ids: [experiment_id],
          max_results: 2,
          ...(page_token === undefined ? {} : { page_token }),
        });
        seen.push(...body.runs.map(({ info }: { info: { run_id: string } }) => info.run_id));
        page_token = body.next_page_token;
        tokens.push(page_token !== undefined);
      } while (page_token !== undefined && tokens.length < 9);
      return [JSON.stringify(seen) === JSON.stringify(ids.toSorted()), tokens];
    },
    expected: [true, [true, true, false]],
  },
  {
    name: 'runs/search: view types; a deleted run is in no plain search',
    run: async (api) => {
      const experiment_id = await api.experiment();
      await api.run({ experiment_id });
      const run_id = await api.run({ experiment_id });
      await api.post('runs/delete', { run_id });
      const counts: number[] = [];
      for (const run_view_type of [undefined, 'ACTIVE_ONLY', 'DELETED_ONLY', 'ALL', 3]) {
        const { body } = await api.post('runs/search', { experiment_ids: [experiment_id], run_view_type });
        counts.push(body.runs?.length ?? 0);
      }
      return counts;
    },
    expected: [1, 1, 1, 2, 2],
  },
  {
    name: 'runs/search: no experiment finds nothing, one named twice finds once',
    run: async (api) => {
      const id = await api.experiment();
      await api.run({ experiment_id: id });
      const none = await api.post('runs/search', { experiment_ids: [] });
      const twice = await api.post('runs/search', { experiment_ids: [id, id] });
      return [none.status, none.body, twice.body.runs.length];
    },
    expected: [200, {}, 1],
  },
  {
    name: 'runs/search: a result holds all of the run',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const run_id = await api.run({ experiment_id });
      await api.post('runs/log-batch', {
        run_id,
        metrics: [{ key: 'm', value: 1, timestamp: 1 }],
        params: [{ key: 'p', value: '1' }],
      });
      const { body } = await api.post('runs/search', { experiment_ids: [experiment_id] });
      return JSON.stringify(body.runs[0]) === JSON.stringify(await api.runNow(run_id));
    },
    expected: true,
  },
  ...refusals('runs/search', [
    [
      'too many results',
      (api) => api.post('runs/search', { experiment_ids: ['0'], max_results: 50_001 }),
      invalid("Invalid value 50001 for parameter 'max_results' supplied"),
    ],
    [
      'a garbage token',
      (api) => api.post('runs/search', { experiment_ids: ['0'], page_token: 'garbage' }),
      invalid(/token/i),
    ],
    ...(
      [
        ['nonsense', /Invalid clause/],
        ['metrics.auc >', /Invalid clause/],
        ['metrics.auc > 1 OR metrics.auc < 0', /Invalid clause/],
        ['(metrics.auc > 1)', /Invalid clause/],
        ['NOT metrics.auc > 1', /Invalid clause/],
        ["metrics.auc > 'high'", /Expected numeric value|Invalid/],
        ['params.lr = 1', /Expected a quoted string|Invalid/],
        ["params.lr > '1'", /Invalid comparator/i],
        ["colors.red = 'x'", /Invalid entity type 'colors'/],
        ["attributes.color = 'x'", /Invalid attribute key/],
        ["metrics.auc LIKE '1'", /Invalid comparator|Expected numeric/i],
        ['run_id IN ()', /Invalid|expected/i],
        ["dataset.color = 'x'", /Invalid dataset key/],
        ["start_time = 'now'", /Invalid|Expected/],
      ] as const
    ).map(
      ([filter, message]) =>
        [filter, (api: Api) => api.post('runs/search', { experiment_ids: ['0'], filter }), invalid(message)] as const,
    ),
    ...(
      [
        ['color', /Invalid.* key/],
        ['metrics.auc SIDEWAYS', /order_by clause/],
        ['metrics.auc DESC extra', /order_by clause/],
      ] as const
    ).map(
      ([order, message]) =>
        [
          `by ${order}`,
          (api: Api) => api.post('runs/search', { experiment_ids: ['0'], order_by: [order] }),
          invalid(message),
        ] as const,
    ),
    [
      'twice by the same',
      (api) => api.post('runs/search', { experiment_ids: ['0'], order_by: ['metrics.a', 'metrics.a DESC'] }),
      refusal(500, 'INTERNAL_ERROR', /duplicate/),
    ],
  ]),
];
