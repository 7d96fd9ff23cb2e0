import { expect } from 'vitest';
import { type Case, invalid, refusals, refused } from './case.js';

/** What holds for all calls: JSON, content types, mirrors, the server's own answers. */
export const wireCases: Case[] = [
  {
    name: 'wire: unknown fields are ignored, camelCase is taken, null is absent',
    run: async (api) => {
      const { status, body } = await api.post('experiments/create', {
        name: api.unique('x'),
        artifactLocation: 's3://bucket/x',
        tags: null,
        color: 'blue',
      });
      const { experiment } = (await api.get('experiments/get', { experiment_id: body.experiment_id })).body;
      return [status, experiment.artifact_location];
    },
    expected: [200, 's3://bucket/x'],
  },
  {
    name: 'wire: a JSON text within a JSON text',
    run: async (api) =>
      (await api.post('experiments/create', JSON.stringify(JSON.stringify({ name: api.unique('double') })))).status,
    expected: 200,
  },
  {
    name: 'wire: an empty body is an empty object',
    run: async (api) => refused(await api.send('POST', 'experiments/create', '')),
    expected: invalid("Missing value for required parameter 'name'"),
  },
  {
    name: 'wire: int64 and booleans as strings',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const run = await api.post('runs/create', { experiment_id, start_time: '1234' });
      const name = await api.model();
      const version = await api.version(name);
      const stage = await api.post('model-versions/transition-stage', {
        name,
        version,
        stage: 'Staging',
        archive_existing_versions: 'true',
      });
      return [run.body.run.info.start_time, stage.status];
    },
    expected: [1234, 400],
  },
  {
    name: 'wire: an experiment id as a number in a query, an enum by its number',
    run: async (api) => {
      const run_id = await api.run();
      const answer = await api.post('runs/update', { run_id, status: 3 });
      return answer.body.run_info?.status ?? refused(answer);
    },
    expected: 'FINISHED',
  },
  ...['/api/2.0/mlflow', '/ajax-api/2.0/mlflow'].map((root): Case => ({
    name: `wire: ${root} is served`,
    run: async (api) => (await api.get(`${root}/experiments/get`, { experiment_id: '0' })).status,
    expected: 200,
  })),
  {
    name: 'wire: answers are JSON objects',
    run: async (api) => {
      const { headers, body } = await api.post('experiments/search', { max_results: 1 });
      return [headers.get('content-type')?.split(';')[0], typeof body];
    },
    expected: ['application/json', 'object'],
  },
  {
    name: 'server: /health and /version are texts',
    run: async (api) => [(await api.get('/health')).body, (await api.get('/version')).body],
    expected: ['OK', '3.17.2'],
  },
  {
    name: 'server: server-info',
    run: async (api) => {
      const one = (await api.get('/api/3.0/mlflow/server-info')).body;
      const two = (await api.get('/ajax-api/3.0/mlflow/server-info')).body;
      return [one.store_type, one.workspaces_enabled, Object.keys(one).toSorted(), one.store_type === two.store_type];
    },
    expected: [
      'SqlStore',
      false,
      expect.arrayContaining(['multipart_downloads_enabled', 'multipart_uploads_enabled', 'trace_archival_enabled']),
      true,
    ],
  },
  {
    name: 'wire: a foreign page may change nothing',
    run: async (api) =>
      (
        await api.send('POST', 'experiments/create', JSON.stringify({ name: api.unique('x') }), {
          'content-type': 'application/json',
          origin: 'https://evil.example',
        })
      ).status,
    expected: 403,
  },
  ...refusals('wire', [
    [
      'both spellings of a field',
      (api) =>
        api.post('experiments/create', { name: 'x', artifact_location: 's3://b/x', artifactLocation: 's3://b/x' }),
      invalid(/artifact_location.*artifactLocation/),
    ],
    [
      'a POST without a content type',
      (api) => api.send('POST', 'experiments/create', '{"name":"x"}', { 'content-type': 'text/plain' }),
      invalid("Bad Request. Content-Type must be one of ['application/json']."),
    ],
    [
      'a body that is no JSON',
      (api) => api.send('POST', 'experiments/create', '{"name":'),
      invalid("Missing value for required parameter 'name'"),
    ],
    ['a body that is a list', (api) => api.send('POST', 'experiments/create', '[1]'), { status: 500 }],
    [
      'a whole number that was written with a point',
      (api) => api.send('POST', 'experiments/create', '{"name":"x","artifact_location":9.0}'),
      invalid("Invalid value 9.0 for parameter 'artifact_location' supplied"),
    ],
  ]),
];
