import { request as httpRequest } from 'node:http';
import { testDatabase } from '@assay/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { registryServer } from '../registry-server.js';
import { Api } from './api.js';

/** A thousandth of what the parsers alone are asked, because each of these crosses the whole server. */
const numRuns = Math.max(300, Number(process.env['ASSAY_TEST_CASES'] ?? 10_000) / 1000);
const patient = { timeout: 3_600_000 };

const words =
  "metrics.m params.p tags.t attributes.run_id name status start_time run_id version_number dataset.name `a b` 'x' \"y\" '%_\\' = != < >= LIKE ILIKE IN NOT IS NULL AND OR ( ) , 1 -1.5 1e308 9223372036854775808 NaN é 漢".split(
    ' ',
  );
const filter = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: fc.string() }), {
    maxLength: 9,
  })
  .map((parts) => parts.join(' '));
/** Filters that are read, with any value: these reach the database. */
const goodFilter = fc
  .tuple(
    fc.constantFrom('params.p', 'tags.t', 'tags.`mlflow.prompt.is_prompt`', 'attribute.name', 'run_name', 'run_id'),
    fc.constantFrom('=', '!=', 'LIKE', 'ILIKE'),
    fc.string().filter((text) => !text.includes("'")),
  )
  .map(([field, operator, value]) => `${field} ${operator} '${value}'`);
const token = fc.oneof(
  fc.string(),
  fc.base64String(),
  fc.json().map((text) => Buffer.from(text).toString('base64url')),
);
const order = fc.array(
  fc.constantFrom('name', 'start_time DESC', 'metrics.m', 'params.p DESC', 'tags.t', 'timestamp', 'x', ''),
  { maxLength: 3 },
);
const piece = fc.constantFrom(
  '..',
  '.',
  '/',
  '%2e',
  '%2f',
  '%252e',
  '%5c',
  '%00',
  '%ff',
  ';',
  'a',
  'artifacts',
  '1',
  '漢',
  ' ',
  '%',
);
const path = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const any = fc.jsonValue({ maxDepth: 3 });

describe(`nothing that is sent makes the server fail (${numRuns} cases each)`, () => {
  const server = registryServer(testDatabase());
  const api = new Api(() => server.url);
  let run = '';
  let root = '';
  let model = '';

  beforeAll(async () => {
    const experiment_id = await api.experiment();
    run = await api.run({ experiment_id });
    root = `${experiment_id}/${run}/artifacts`;
    model = await api.loggedModel({ experiment_id });
  });

  const searches = fc.constantFrom(
    ['POST', 'runs/search'],
    ['POST', 'experiments/search'],
    ['POST', 'logged-models/search'],
    ['GET', 'experiments/search'],
    ['GET', 'registered-models/search'],
    ['GET', 'model-versions/search'],
    ['POST', '/api/3.0/mlflow/traces/search'],
  );

  it('filters, orders and tokens', patient, async () => {
    const property = fc.asyncProperty(
      searches,
      fc.oneof(filter, goodFilter),
      order,
      fc.option(token, { nil: undefined, freq: 3 }),
      async ([method, where = ''], text, order_by, page_token) => {
        const common = { filter: text, order_by, max_results: 5, ...(page_token === undefined ? {} : { page_token }) };
        const answer =
          method === 'GET'
            ? await api.get(where, common)
            : await api.post(where, {
                ...common,
                experiment_ids: ['0'],
                locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } }],
                ...(where === 'logged-models/search'
                  ? { order_by: order_by.map((field_name) => ({ field_name })) }
                  : {}),
              });
        expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
      },
    );
    await fc.assert(property, { numRuns });
  });

  it('bodies of calls that write', patient, async () => {
    const writes = fc.constantFrom(
      'runs/log-metric',
      'runs/log-batch',
      'runs/log-inputs',
      'runs/log-parameter',
      'runs/set-tag',
      'runs/update',
      'runs/create',
      'logged-models',
      'experiments/create',
      'registered-models/create',
      'model-versions/create',
    );
    const field = fc.constantFrom(
      'key',
      'value',
      'timestamp',
      'step',
      'metrics',
      'params',
      'tags',
      'datasets',
      'name',
      'source',
      'status',
      'end_time',
    );
    const metric = fc.record(
      {
        key: fc.constantFrom('m', 'a/b', '..', ''),
        value: any,
        timestamp: any,
        step: any,
        model_id: fc.constantFrom('x', null),
      },
      { requiredKeys: ['key'] },
    );
    const body = fc.oneof(
      fc.dictionary(field, any, { maxKeys: 5 }),
      fc.record({ metrics: fc.array(metric, { maxLength: 3 }), params: any, tags: any }, { requiredKeys: ['metrics'] }),
      metric,
    );
    const property = fc.asyncProperty(writes, body, async (where, given) => {
      const answer = await api.post(where, { run_id: run, experiment_id: '0', ...given });
      expect(answer.status, JSON.stringify([where, given, answer.body])).toBeLessThan(500);
    });
    await fc.assert(property, { numRuns });
  });

  it('paths of files', patient, async () => {
    const property = fc.asyncProperty(path, fc.constantFrom('GET', 'PUT', 'DELETE'), async (given, method) => {
      const encoded = encodeURIComponent(given);
      expect((await api.get(`artifacts/list?run_id=${run}&path=${encoded}`)).status).toBeLessThan(500);
      expect((await api.get(`/get-artifact?run_id=${run}&path=${encoded}`)).status).toBeLessThan(500);
      expect(
        (await api.get(`logged-models/${model}/artifacts/directories?artifact_directory_path=${encoded}`)).status,
      ).toBeLessThan(500);
      for (const raw of [given, encoded]) {
        const status = await sendRaw(server.url, method, `/api/2.0/mlflow-artifacts/artifacts/${root}/${raw}`);
        expect(status, `${method} ${raw}`).toBeLessThan(500);
      }
    });
    await fc.assert(property, { numRuns });
    const { body } = await api.get('artifacts/list', { run_id: run });
    for (const { path: name } of body.files ?? []) expect(name).not.toMatch(/(?:^|\/)\.\.(?:\/|$)/);
  });
});

/** Sends a path just as it is: `fetch` would tidy it up before. */
function sendRaw(url: string, method: string, rawPath: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const written = rawPath.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character));
  return new Promise((done, failed) => {
    const sent = httpRequest({ hostname, port, method, path: written, headers: { 'content-length': 0 } }, (answer) => {
      answer.resume().on('end', () => done(answer.statusCode ?? 0));
    });
    sent.on('error', failed).end();
  });
}
