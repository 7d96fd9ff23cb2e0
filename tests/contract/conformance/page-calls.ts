import { expect } from 'vitest';
import type { Api } from './api.js';
import { type Case, invalid, refusals, refused } from './case.js';

const promptLab = '/ajax-api/2.0/mlflow/runs/create-promptlab-run';
const trial = {
  prompt_template: 'Say {{ word }}',
  prompt_parameters: [{ key: 'word', value: 'hello' }],
  model_route: 'chat',
  model_input: 'Say hello',
  mlflow_version: '3.17.2',
} as const;

const missing: readonly (keyof typeof trial)[] = [
  'prompt_template',
  'prompt_parameters',
  'model_route',
  'model_input',
  'mlflow_version',
];

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** What only MLflow's own page sends. */
export const pageCases: readonly Case[] = [
  {
    name: 'prompt lab: a trial is a run that has ended, with its table and its model',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const { body } = await api.post(promptLab, {
        ...trial,
        experiment_id,
        run_name: 'trial',
        tags: [],
        model_parameters: [{ key: 'temperature', value: 0.1 }],
        model_output: 'hello',
        model_output_parameters: [{ key: 'latency', value: '100' }],
        user_id: 'eve',
        start_time: 456,
      });
      const { info, data } = body.run;
      const files = await api.get('artifacts/list', { run_id: info.run_id });
      const model = await api.get('artifacts/list', { run_id: info.run_id, path: 'model' });
      const table = await api.get('/get-artifact', { run_id: info.run_id, path: 'eval_results_table.json' });
      const [logged] = JSON.parse(data.tags.find(({ key }: Pair) => key === 'mlflow.log-model.history').value);
      return {
        run: [info.run_name, info.status, info.start_time, info.user_id, info.end_time > 456],
        params: data.params.map(({ key, value }: Pair) => `${key}=${value}`).toSorted(),
        tags: Object.fromEntries(data.tags.map(({ key, value }: Pair) => [key, value])),
        logged: [logged.artifact_path, logged.run_id === info.run_id],
        files: files.body.files.map(({ path }: { path: string }) => path),
        model: model.body.files.map(({ path }: { path: string }) => path),
        table: table.body,
      };
    },
    expected: {
      run: ['trial', 'FINISHED', 456, 'eve', true],
      params: ['model_route=chat', 'prompt_template=Say {{ word }}', 'temperature=0.1'],
      tags: expect.objectContaining({
        'mlflow.loggedArtifacts': '[{"path": "eval_results_table.json", "type": "table"}]',
        'mlflow.runSourceType': 'PROMPT_ENGINEERING',
      }),
      logged: ['model', true],
      files: ['eval_results_table.json', 'model'],
      model: expect.arrayContaining([
        'model/MLmodel',
        'model/conda.yaml',
        'model/parameters.yaml',
        'model/python_env.yaml',
        'model/requirements.txt',
      ]),
      table: { columns: ['word', 'prompt', 'output', 'latency'], data: [['hello', 'Say hello', 'hello', '100']] },
    },
  },
  ...refusals('prompt lab', [
    [
      'without an experiment',
      (api) => api.post(promptLab, {}),
      invalid('CreatePromptlabRun request must specify experiment_id.'),
    ],
    ...missing.map(
      (field) =>
        [
          `without ${field}`,
          (api: Api) => api.post(promptLab, { ...trial, experiment_id: '0', [field]: undefined }),
          invalid(`CreatePromptlabRun request must specify ${field}.`),
        ] as const,
    ),
  ]),
];

const v2 = '/api/2.0/mlflow/traces';
const pairs = (map: Readonly<Record<string, string>>): Pair[] =>
  Object.entries(map).map(([key, value]) => ({ key, value }));
const own = (list: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(list.filter(({ key }) => !key.startsWith('mlflow.')).map(({ key, value }) => [key, value]));

/** What clients before 3.0 do with traces. */
export const legacyTraceCases: readonly Case[] = [
  {
    name: 'traces V2: begun and ended; what is said later is added',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const begun = await api.post(v2, {
        experiment_id,
        timestamp_ms: 1000,
        request_metadata: pairs({ first: 'apple', second: 'grape' }),
        tags: pairs({ one: 'football', two: 'basketball' }),
      });
      const id: string = begun.body.trace_info.request_id;
      const ended = await api.patch(`${v2}/${id}`, {
        timestamp_ms: 3000,
        status: 'OK',
        request_metadata: pairs({ first: 'orange', third: 'banana' }),
        tags: pairs({ one: 'soccer', three: 'tennis' }),
      });
      const read = await api.get(`${v2}/${id}/info`);
      const found = await api.get(v2, { experiment_ids: [experiment_id], max_results: 5 });
      return [begun, ended, read, { body: { trace_info: found.body.traces[0] } }].map(
        ({ body: { trace_info: info } }) => [
          info.experiment_id === experiment_id && info.request_id === id,
          info.timestamp_ms,
          info.execution_time_ms,
          info.status,
          Object.fromEntries(info.request_metadata.map(({ key, value }: Pair) => [key, value])),
          own(info.tags),
        ],
      );
    },
    expected: [
      [true, 1000, 0, 'IN_PROGRESS', { first: 'apple', second: 'grape' }, { one: 'football', two: 'basketball' }],
      ...Array.from({ length: 3 }, () => [
        true,
        1000,
        2000,
        'OK',
        { first: 'orange', second: 'grape', third: 'banana' },
        { one: 'soccer', two: 'basketball', three: 'tennis' },
      ]),
    ],
  },
  ...refusals('traces V2', [
    [
      'search without experiments',
      (api) => api.get(v2),
      invalid("Missing value for required parameter 'experiment_ids'"),
    ],
    [
      'search for too many',
      (api) => api.get(v2, { experiment_ids: ['0'], max_results: 501 }),
      invalid(/Invalid value "501" for parameter 'max_results' supplied/),
    ],
  ]),
];

const metrics = '/api/3.0/mlflow/traces/metrics';

async function threeTraces(api: Api): Promise<string> {
  const experiment_id = await api.experiment();
  for (const [at, [name, state, env]] of [
    ['ask', 'OK', 'prod'],
    ['ask', 'OK', 'dev'],
    ['tell', 'ERROR', 'prod'],
  ].entries()) {
    const trace_info = {
      trace_id: api.unique('tr'),
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } },
      request_time: new Date(1_700_000_000_000 + at * 3_600_000).toISOString(),
      execution_duration: `${at + 1}s`,
      state,
      trace_metadata: { 'mlflow.trace.session': `s${at % 2}` },
      tags: { 'mlflow.traceName': name, env },
    };
    await api.post('/api/3.0/mlflow/traces', { trace: { trace_info } });
  }
  return experiment_id;
}

async function measured(api: Api, asked: object): Promise<unknown> {
  const experiment_id = await api.shared('measured traces', threeTraces);
  const answer = await api.post(metrics, { experiment_ids: [experiment_id], view_type: 'TRACES', ...asked });
  return answer.status === 200 ? (answer.body.data_points ?? []) : refused(answer);
}

const counted = { metric_name: 'trace_count', aggregations: [{ aggregation_type: 'COUNT' }] };
const point = (metric_name: string, values: object, dimensions?: object): object => ({
  metric_name,
  ...(dimensions ? { dimensions } : {}),
  values,
});

/** What the pages about traces count and measure. */
export const traceMetricCases: readonly Case[] = [
  {
    name: 'trace metrics: counts by status',
    run: (api) => measured(api, { ...counted, dimensions: ['trace_status'] }),
    expected: [
      point('trace_count', { COUNT: 1 }, { trace_status: 'ERROR' }),
      point('trace_count', { COUNT: 2 }, { trace_status: 'OK' }),
    ],
  },
  {
    name: 'trace metrics: counts by name and status',
    run: (api) => measured(api, { ...counted, dimensions: ['trace_name', 'trace_status'] }),
    expected: [
      point('trace_count', { COUNT: 2 }, { trace_name: 'ask', trace_status: 'OK' }),
      point('trace_count', { COUNT: 1 }, { trace_name: 'tell', trace_status: 'ERROR' }),
    ],
  },
  {
    name: 'trace metrics: counts of what passes filters, and of nothing',
    run: async (api) => [
      await measured(api, { ...counted, filters: ["trace.tag.env = 'prod'", "trace.status = 'OK'"] }),
      await measured(api, { ...counted, filters: ["trace.metadata.`mlflow.trace.session` = 's1'"] }),
      await measured(api, { ...counted, filters: ["trace.tag.env = 'staging'"] }),
    ],
    expected: [
      [point('trace_count', { COUNT: 1 })],
      [point('trace_count', { COUNT: 1 })],
      [point('trace_count', { COUNT: 0 })],
    ],
  },
  {
    name: 'trace metrics: sessions',
    run: (api) => measured(api, { ...counted, metric_name: 'session_count' }),
    expected: [point('session_count', { COUNT: 2 })],
  },
  {
    name: 'trace metrics: how long they took',
    run: (api) =>
      measured(api, {
        metric_name: 'latency',
        aggregations: [
          { aggregation_type: 'AVG' },
          { aggregation_type: 'MIN' },
          { aggregation_type: 'MAX' },
          { aggregation_type: 'PERCENTILE', percentile_value: 25 },
        ],
      }),
    expected: [point('latency', { AVG: 2000, MIN: 1000, MAX: 3000, 'P25.0': 1500 })],
  },
  {
    name: 'trace metrics: by the hour',
    run: (api) =>
      measured(api, {
        ...counted,
        time_interval_seconds: 7200,
        start_time_ms: 1_700_000_000_000,
        end_time_ms: 1_700_007_200_000,
      }),
    expected: [
      point('trace_count', { COUNT: 2 }, { time_bucket: '2023-11-14T22:00:00+00:00' }),
      point('trace_count', { COUNT: 1 }, { time_bucket: '2023-11-15T00:00:00+00:00' }),
    ],
  },
  ...[
    ['a metric that is not there', { ...counted, metric_name: 'speed' }, 'metric_name must be one of'],
    [
      'an aggregation that does not fit',
      { ...counted, aggregations: [{ aggregation_type: 'SUM' }] },
      'Found invalid aggregation_type(s)',
    ],
    ['a dimension that is not there', { ...counted, dimensions: ['mood'] }, 'Found invalid dimension(s)'],
    ['buckets without bounds', { ...counted, time_interval_seconds: 60 }, 'start_time_ms and end_time_ms are required'],
    [
      'a filter on spans of traces',
      { ...counted, filters: ["span.name = 'x'"] },
      'Filtering by span is only supported',
    ],
    ['a filter that can not be read', { ...counted, filters: ['what'] }, 'nvalid'],
  ].map(([name, asked, said]) => ({
    name: `trace metrics: ${String(name)}`,
    run: (api: Api) => measured(api, Object(asked)),
    expected: invalid(String(said)),
  })),
];
