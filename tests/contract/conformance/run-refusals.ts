import { expect } from 'vitest';
import { type Case, invalid, missing, refusals } from './case.js';

export const runRefusals: Case[] = [
  ...refusals('runs', [
    [
      'create in a deleted experiment',
      async (api) => {
        const experiment_id = await api.experiment();
        await api.post('experiments/delete', { experiment_id });
        return api.post('runs/create', { experiment_id });
      },
      invalid(/must be in the 'active' state/),
    ],
    [
      'create in an experiment that is not there',
      (api) => api.post('runs/create', { experiment_id: '999999999' }),
      missing('No Experiment with id=999999999 exists'),
    ],
    [
      'create with two names',
      async (api) =>
        api.post('runs/create', {
          experiment_id: await api.experiment(),
          run_name: 'a',
          tags: [{ key: 'mlflow.runName', value: 'b' }],
        }),
      invalid(/run_name/),
    ],
    ['get without an id', (api) => api.get('runs/get'), invalid("Missing value for required parameter 'run_id'")],
    [
      'get one that is not there',
      (api) => api.get('runs/get', { run_id: '0'.repeat(32) }),
      missing(`Run with id=${'0'.repeat(32)} not found`),
    ],
    [
      'update one that is not there',
      (api) => api.post('runs/update', { run_id: '0'.repeat(32), status: 'FAILED' }),
      missing(/not found/),
    ],
    [
      'update to an unknown status',
      async (api) => api.post('runs/update', { run_id: await api.run(), status: 'DONE' }),
      { status: 200, body: expect.anything() },
    ],
    [
      'log-parameter without a key',
      async (api) => api.post('runs/log-parameter', { run_id: await api.run(), value: 'v' }),
      invalid("Missing value for required parameter 'key'"),
    ],
    [
      'log-parameter with a number as key',
      async (api) => api.post('runs/log-parameter', { run_id: await api.run(), key: 31, value: 'v' }),
      invalid("Invalid value 31 for parameter 'key' supplied"),
    ],
    [
      'log-parameter with a name that climbs',
      async (api) => api.post('runs/log-parameter', { run_id: await api.run(), key: '../a', value: 'v' }),
      invalid(/Invalid (parameter|param) name|Invalid value "..\/a"/),
    ],
    [
      'log-parameter with an unprintable name',
      async (api) => api.post('runs/log-parameter', { run_id: await api.run(), key: 'a*b', value: 'v' }),
      invalid(/may only contain alphanumerics/),
    ],
    [
      'log-parameter with a name that is too long',
      async (api) => api.post('runs/log-parameter', { run_id: await api.run(), key: 'k'.repeat(251), value: 'v' }),
      invalid('exceeds the maximum length of 250 characters'),
    ],
    [
      'set-tag with a number as value',
      async (api) => api.post('runs/set-tag', { run_id: await api.run(), key: 'k', value: 41 }),
      invalid("Invalid value 41 for parameter 'value' supplied"),
    ],
    [
      'delete a tag that is not there',
      async (api) => api.post('runs/delete-tag', { run_id: await api.run(), key: 'none' }),
      missing('No tag with name: none'),
    ],
    [
      'delete a tag of a run that is not there',
      (api) => api.post('runs/delete-tag', { run_id: 'fake_run_id', key: 'k' }),
      missing(/Run .+ not found/),
    ],
    [
      'log-batch with metrics that are no list',
      async (api) => api.post('runs/log-batch', { run_id: await api.run(), metrics: 'foo' }),
      invalid('Invalid value "foo" for parameter \'metrics\' supplied'),
    ],
    [
      'log-batch with a metric without a time',
      async (api) => api.post('runs/log-batch', { run_id: await api.run(), metrics: [{ key: 'm', value: 1 }] }),
      invalid("Missing value for required parameter 'metrics[0].timestamp'"),
    ],
    [
      'log-batch with too many metrics',
      async (api) =>
        api.post('runs/log-batch', {
          run_id: await api.run(),
          metrics: Array.from({ length: 1001 }, (_, step) => ({ key: 'm', value: 1, timestamp: 1, step })),
        }),
      invalid(/at most 1000/),
    ],
    [
      'log-batch with too many parameters',
      async (api) =>
        api.post('runs/log-batch', {
          run_id: await api.run(),
          params: Array.from({ length: 101 }, (_, at) => ({ key: `p${at}`, value: '1' })),
        }),
      invalid(/at most 100/),
    ],
    [
      'log-batch with one parameter twice',
      async (api) =>
        api.post('runs/log-batch', {
          run_id: await api.run(),
          params: [
            { key: 'p', value: '1' },
            { key: 'p', value: '2' },
          ],
        }),
      invalid(/Duplicate parameter keys/),
    ],
    [
      'log-inputs without a run',
      (api) => api.post('runs/log-inputs', { datasets: [] }),
      invalid("Missing value for required parameter 'run_id'"),
    ],
    [
      'log-inputs with a dataset without a name',
      async (api) =>
        api.post('runs/log-inputs', {
          run_id: await api.run(),
          datasets: [{ dataset: { digest: 'd', source_type: 't', source: 's' } }],
        }),
      { status: 200, body: {} },
    ],
    [
      'outputs without models',
      async (api) => api.post('runs/outputs', { run_id: await api.run() }),
      invalid("Missing value for required parameter 'models'"),
    ],
    [
      'log-model without JSON',
      async (api) => api.post('runs/log-model', { run_id: await api.run(), model_json: 'no json' }),
      invalid(/Malformed|JSON/),
    ],
    [
      'log-model with fields missing',
      async (api) => api.post('runs/log-model', { run_id: await api.run(), model_json: '{}' }),
      invalid(/missing mandatory fields/),
    ],
  ]),
];
