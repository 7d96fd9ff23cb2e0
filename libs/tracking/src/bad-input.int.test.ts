import { ArtifactsModule } from '@assay/platform/artifacts';
import { EndpointRegistry, pathsOf } from '@assay/platform/http';
import { testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from './tracking.module.js';

const tricky = [
  '',
  '0',
  '1',
  'abc',
  'x'.repeat(9000),
  '\ud800',
  'a\u0001b',
  '../..',
  "' or 1=1 --",
  '%',
  'NaN',
  '-1',
  '9223372036854775808',
  'm-1',
  'RUNNING',
  '👩‍🔬',
  'metrics.a > 1',
  "tags.a = 'b'",
];
const scalar = fc.oneof(
  fc.constantFrom(...tricky),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger(),
);
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('key', 'value', 'timestamp', 'model_id', 'name'), scalar),
);

/** Every route of tracking, under requests that no client would send: it must refuse them itself, never fail. */
describe('bad input', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  let run = '';

  beforeAll(async () => {
    run = (await platform.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' })).body.run.info.run_id;
  });

  it('never makes the server fail', async () => {
    const routes = platform
      .get(EndpointRegistry)
      .all()
      .filter((endpoint) => endpoint.method !== 'HEAD')
      .flatMap((endpoint) =>
        pathsOf(endpoint)
          .slice(0, 1)
          .map((path) => ({ method: endpoint.method === 'HEAD' ? 'GET' : endpoint.method, path })),
      );
    expect(routes.length).toBeGreaterThan(30);
    const fields = fc.constantFrom(
      'run_id',
      'runId',
      'experiment_id',
      'experiment_ids',
      'name',
      'experiment_name',
      'new_name',
      'key',
      'value',
      'timestamp',
      'step',
      'metrics',
      'params',
      'tags',
      'filter',
      'order_by',
      'max_results',
      'page_token',
      'status',
      'end_time',
      'datasets',
      'models',
      'model_json',
      'path',
      'metric_key',
      'artifact_location',
      'run_view_type',
      'source_run_id',
      'artifact_directory_path',
    );
    const request = fc.tuple(fc.constantFrom(...routes), fc.dictionary(fields, value), scalar, fc.boolean());
    await fc.assert(
      fc.asyncProperty(request, async ([{ method, path }, body, segment, real]) => {
        const filled = real ? { ...body, run_id: run, experiment_id: '0' } : body;
        const url = path
          .replace('*', encodeWell(`0/${run}/artifacts/${String(segment)}`))
          .replaceAll(/:\w+/g, () => encodeWell(String(segment)) || 'x');
        const query =
          method === 'GET'
            ? `?${Object.entries(filled)
                .map(([key, each]) => `${key}=${encodeWell(typeof each === 'string' ? each : JSON.stringify(each))}`)
                .join('&')}`
            : '';
        const answer = await platform.call(method, `${url}${query}`, method === 'GET' ? undefined : filled);
        // What needs an S3 store says so by name: that is an answer.
        const failed = answer.status >= 500 && answer.body.error_code !== 'NOT_IMPLEMENTED';
        expect(failed, `${method} ${url}${query} ${JSON.stringify(filled)} ${JSON.stringify(answer.body)}`).toBe(false);
      }),
      { numRuns: 600, seed: 20_261_122 },
    );
  });

  it.each([
    ['malformed JSON', '{"run_id": '],
    ['a list', '[]'],
    ['a bare text', '"x"'],
    ['deep nesting', `${'{"tags":['.repeat(80)}${']}'.repeat(80)}`],
    ['an overlong number', `{"run_id":"x","key":"k","value":1,"timestamp":${'9'.repeat(400)}}`],
  ])('refuses %s', async (_name, body) => {
    const answer = await platform.call('POST', '/api/2.0/mlflow/runs/log-metric', body, undefined, {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error_code: expect.any(String), message: expect.any(String) });
  });

  it('answers unknown routes and wrong methods in the shape that clients know', async () => {
    expect((await platform.call('GET', '/api/2.0/mlflow/runs/none')).body.error_code).toBe('ENDPOINT_NOT_FOUND');
    expect(await platform.call('PUT', '/api/2.0/mlflow/runs/create', {})).toMatchObject({
      status: 405,
      body: { error_code: 'BAD_REQUEST' },
    });
  });
});

/** Percent-encodes a text, half characters included. */
function encodeWell(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
}
