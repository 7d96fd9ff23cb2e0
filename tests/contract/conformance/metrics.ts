import type { Api } from './api.js';
import { type Case, invalid, missing, refusals } from './case.js';

interface Point {
  readonly value: number | string;
  readonly timestamp?: number;
  readonly step?: number;
}

async function logged(api: Api, points: readonly Point[]): Promise<string> {
  const run_id = await api.run();
  for (const point of points) await api.post('runs/log-metric', { run_id, key: 'm', timestamp: 1, ...point });
  return run_id;
}

async function history(api: Api, run_id: string, more: Record<string, string | number> = {}): Promise<unknown> {
  const { body } = await api.get('metrics/get-history', { run_id, metric_key: 'm', ...more });
  return body.metrics?.map(({ value, timestamp, step }: Point) => [value, timestamp, step]);
}

const bulk = '/ajax-api/2.0/mlflow/metrics/get-history-bulk';
const interval = '/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval';

export const metricCases: Case[] = [
  {
    name: 'metrics: ordered by time, step and value; the same point once; negative steps',
    run: async (api) =>
      history(
        api,
        await logged(api, [
          { value: 3, timestamp: 5, step: 1 },
          { value: 1, timestamp: 2, step: -7 },
          { value: 2, timestamp: 5, step: 1 },
          { value: 9, timestamp: 5, step: 0 },
          { value: 3, timestamp: 5, step: 1 },
        ]),
      ),
    expected: [
      [1, 2, -7],
      [9, 5, 0],
      [2, 5, 1],
      [3, 5, 1],
    ],
  },
  {
    name: 'metrics: the latest is the greatest by step, time and value, not the last to arrive',
    run: async (api) => {
      const run_id = await logged(api, [
        { value: 1, timestamp: 9, step: 2 },
        { value: 5, timestamp: 10, step: 1 },
        { value: 4, timestamp: 9, step: 2 },
        { value: 2, timestamp: 9, step: 2 },
      ]);
      const [metric] = (await api.runNow(run_id)).data.metrics;
      return [metric.value, metric.timestamp, metric.step];
    },
    expected: [4, 9, 2],
  },
  {
    name: 'metrics: NaN and the infinities',
    run: async (api) => {
      const run_id = await logged(api, [
        { value: 'NaN', step: 0 },
        { value: 'Infinity', step: 1 },
        { value: '-Infinity', step: 2 },
      ]);
      return history(api, run_id);
    },
    expected: [
      ['NaN', 1, 0],
      [1.7976931348623157e308, 1, 1],
      [-1.7976931348623157e308, 1, 2],
    ],
  },
  {
    name: 'metrics: numbers as strings, step left out',
    run: async (api) => {
      const run_id = await api.run();
      await api.post('runs/log-metric', { run_id, key: 'm', value: '0.5', timestamp: '17', step: '3' });
      await api.post('runs/log-metric', { run_id, key: 'm', value: 1e-3, timestamp: 18 });
      return history(api, run_id);
    },
    expected: [
      [0.5, 17, 3],
      [0.001, 18, 0],
    ],
  },
  {
    name: 'metrics/get-history: pages',
    run: async (api) => {
      const run_id = await logged(
        api,
        [0, 1, 2, 3, 4].map((step) => ({ value: step, step })),
      );
      const sizes: unknown[] = [];
      let page_token = '';
      do {
        const { body } = await api.get('metrics/get-history', {
          run_id,
          metric_key: 'm',
          max_results: 2,
          ...(page_token === '' ? {} : { page_token }),
        });
        sizes.push(body.metrics.map(({ step }: Point) => step));
        page_token = body.next_page_token ?? '';
      } while (page_token !== '' && sizes.length < 9);
      return sizes;
    },
    expected: [[0, 1], [2, 3], [4]],
  },
  {
    name: 'metrics/get-history: a metric that was never logged',
    run: async (api) => (await api.get('metrics/get-history', { run_id: await api.run(), metric_key: 'none' })).body,
    expected: {},
  },
  {
    name: 'metrics: for a logged model, with its dataset',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const run_id = await api.run({ experiment_id });
      const model_id = await api.loggedModel({ experiment_id });
      const point = { key: 'm', value: 0.5, timestamp: 7, step: 1, dataset_name: 'd', dataset_digest: 'x' };
      await api.post('runs/log-metric', { run_id, model_id, ...point });
      const { model } = (await api.get(`logged-models/${model_id}`)).body;
      return model.data.metrics.map((metric: object) => ({ ...metric, run_id: 'R', model_id: 'M' }));
    },
    expected: [
      {
        key: 'm',
        value: 0.5,
        timestamp: 7,
        step: 1,
        run_id: 'R',
        model_id: 'M',
        dataset_name: 'd',
        dataset_digest: 'x',
      },
    ],
  },
  {
    name: 'metrics/get-history-bulk: by run, time, step and value',
    run: async (api) => {
      const runs = [await logged(api, [{ value: 2, step: 1 }, { value: 1 }]), await logged(api, [{ value: 3 }])];
      const { body } = await api.get(bulk, { run_id: runs, metric_key: 'm' });
      const rows = body.metrics.map(({ run_id, value, step }: Point & { run_id: string }) => [run_id, value, step]);
      const wanted = [
        [runs[0], 1, 0],
        [runs[0], 2, 1],
        [runs[1], 3, 0],
      ].toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1));
      return JSON.stringify(rows) === JSON.stringify(wanted);
    },
    expected: true,
  },
  {
    name: 'metrics/get-history-bulk: no more than asked for',
    run: async (api) => {
      const run_id = await logged(
        api,
        [0, 1, 2].map((step) => ({ value: step, step })),
      );
      return (await api.get(bulk, { run_id, metric_key: 'm', max_results: 2 })).body.metrics.length;
    },
    expected: 2,
  },
  {
    name: 'metrics/get-history-bulk-interval: thinned out evenly, the last point kept',
    run: async (api) => {
      const steps = Array.from({ length: 10 }, (_, step) => ({ value: step, step }));
      const run_id = await logged(api, steps);
      const { body } = await api.get(interval, { run_ids: [run_id], metric_key: 'm', max_results: 5 });
      const part = await api.get(interval, {
        run_ids: [run_id],
        metric_key: 'm',
        max_results: 5,
        start_step: 2,
        end_step: 4,
      });
      return [body.metrics.map(({ step }: Point) => step), part.body.metrics.map(({ step }: Point) => step)];
    },
    expected: [
      [0, 2, 4, 6, 9],
      [2, 3, 4],
    ],
  },
  ...refusals('metrics', [
    [
      'log-metric without a key',
      async (api) => api.post('runs/log-metric', { run_id: await api.run(), value: 1, timestamp: 1 }),
      invalid("Missing value for required parameter 'key'"),
    ],
    [
      'log-metric without a value',
      async (api) => api.post('runs/log-metric', { run_id: await api.run(), key: 'm', timestamp: 1 }),
      invalid("Missing value for required parameter 'value'"),
    ],
    [
      'log-metric without a time',
      async (api) => api.post('runs/log-metric', { run_id: await api.run(), key: 'm', value: 1 }),
      invalid("Missing value for required parameter 'timestamp'"),
    ],
    [
      'log-metric with a step that is no number',
      async (api) =>
        api.post('runs/log-metric', { run_id: await api.run(), key: 'm', value: 1, timestamp: 1, step: 'foo' }),
      invalid(`Invalid value "foo" for parameter 'step' supplied`),
    ],
    [
      'log-metric with a time before 1970',
      async (api) => api.post('runs/log-metric', { run_id: await api.run(), key: 'm', value: 1, timestamp: -1 }),
      invalid(/timestamp/),
    ],
    [
      'log-metric with a text as value',
      async (api) => api.post('runs/log-metric', { run_id: await api.run(), key: 'm', value: 'high', timestamp: 1 }),
      invalid(`Invalid value "high" for parameter 'value' supplied`),
    ],
    [
      'log-metric with true as value',
      async (api) => api.post('runs/log-metric', { run_id: await api.run(), key: 'm', value: true, timestamp: 1 }),
      { status: 200, body: {} },
    ],
    [
      'log-metric with a number as run',
      (api) => api.post('runs/log-metric', { run_id: 31, key: 'm', value: 1, timestamp: 1 }),
      invalid("Invalid value 31 for parameter 'run_id' supplied"),
    ],
    [
      'log-metric to a run that is not there',
      (api) => api.post('runs/log-metric', { run_id: '0'.repeat(32), key: 'm', value: 1, timestamp: 1 }),
      missing(/not found/),
    ],
    [
      'get-history without a key',
      async (api) => api.get('metrics/get-history', { run_id: await api.run() }),
      invalid("Missing value for required parameter 'metric_key'"),
    ],
    [
      'get-history with no results',
      async (api) => api.get('metrics/get-history', { run_id: await api.run(), metric_key: 'm', max_results: 0 }),
      invalid('max_results'),
    ],
    [
      'get-history with a garbage token',
      async (api) =>
        api.get('metrics/get-history', { run_id: await api.run(), metric_key: 'm', page_token: 'invalid_token' }),
      invalid(/token/i),
    ],
    [
      'get-history-bulk of no run',
      (api) => api.get(bulk, { metric_key: 'm' }),
      invalid('GetMetricHistoryBulk request must specify at least one run_id'),
    ],
    [
      'get-history-bulk of too many runs',
      (api) => api.get(bulk, { metric_key: 'm', run_id: Array.from({ length: 101 }, String) }),
      invalid('GetMetricHistoryBulk request cannot specify more than'),
    ],
    [
      'get-history-bulk without a key',
      (api) => api.get(bulk, { run_id: 'x' }),
      invalid('GetMetricHistoryBulk request must specify a metric_key'),
    ],
    [
      'get-history-bulk-interval of no run',
      (api) => api.get(interval, { metric_key: 'm' }),
      invalid("Missing value for required parameter 'run_ids'."),
    ],
    [
      'get-history-bulk-interval of too many runs',
      (api) => api.get(interval, { metric_key: 'm', run_ids: Array.from({ length: 101 }, String) }),
      invalid('must specify at most 100 run_ids'),
    ],
    [
      'get-history-bulk-interval with no results',
      (api) => api.get(interval, { metric_key: 'm', run_ids: 'x', max_results: 0 }),
      invalid('max_results must be between 1 and 2500'),
    ],
    [
      'get-history-bulk-interval backwards',
      (api) => api.get(interval, { metric_key: 'm', run_ids: 'x', max_results: 5, start_step: 1, end_step: 0 }),
      invalid('end_step must be greater than start_step. '),
    ],
    [
      'get-history-bulk-interval with one end',
      (api) => api.get(interval, { metric_key: 'm', run_ids: 'x', max_results: 5, start_step: 1 }),
      invalid('If either start step or end step are specified, both must be specified.'),
    ],
  ]),
];
