import type { EndpointOptions } from '@assay/platform/http';
import { testDatabase } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Document, type Operation, Samples } from './bad-input/schemas.js';
import { type KnownThings, makeKnownThings } from './known-things.js';
import { documentedPath, endpointsOf } from './routed.js';
import { send, told as toldBy } from './send.js';
import { wholePlatform } from './whole-platform.js';

const forbidden = 'fuzzed';
const nobody = 'nosuch';
const noId = '01999999-9999-7999-8999-999999999999';
const password = 'correct horse battery';
const newPassword = `${password} of my own`;
const june = { from: '2026-06-01T00:00:00Z', to: '2026-07-01T00:00:00Z' };

/** Names of models in requests and answers, whatever else is called a name. */
const modelFields = new Set([
  'model',
  'models',
  'registered_model',
  'registered_models',
  'model_version',
  'model_versions',
]);

/** Endpoints whose fields of these names need no grant, each with its reason. */
const without: readonly (readonly [RegExp, string])[] = [
  [/mlflow\/(?:registered-models|model-versions)\/search$/, 'leaves hidden models out by itself'],
  [/api\/v1\/(?:environments|jobs$|triggers$|datasets)/, 'leaves hidden models out by itself'],
  [/api\/v1\/imports/, 'takes names that there may not be yet, from who may import'],
  [
    /api\/v1\/policies/,
    'the rules of a workspace are read by everybody in it; binding one to a model asks for the grant',
  ],
  [
    /mlflow\/logged-models|mlflow\/runs|\/graphql$/,
    'logged models belong to runs; registrations of theirs under hidden names are left out',
  ],
  [/api\/v1\/webhooks/, 'names are patterns that its maker wrote, as those of grants; each delivery is asked for'],
  [/attempts\/:epoch/, 'a job works on what it was asked for, in the name of its owner'],
];

describe('a model that a grant denies', () => {
  const database = testDatabase();
  const platform = wholePlatform(
    database,
    { ASSAY_LOG_LEVEL: 'fatal', ASSAY_RUNNER_LEASE_SECONDS: '600', ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' },
    { workers: false },
  );
  let known: KnownThings;
  let document: Document;
  let denied: string;
  let ids: Readonly<Record<string, string>>;

  beforeAll(async () => {
    known = await makeKnownThings(platform.app, platform.url);
    document = JSON.parse((await ask('GET', '/api/v1/openapi.json')).text);
    ids = { ...known.ids, ...(await thingsAboutIt()) };
    denied = await somebodyDenied();
  });

  it('is asked for by every endpoint whose request or answer names models', () => {
    const naming = endpoints().filter(
      (endpoint) =>
        names(endpoint.request, 'input') || names(endpoint.response, 'output') || names(endpoint.streamedJson, 'input'),
    );
    expect(naming.length).toBeGreaterThan(40);
    expect(
      naming
        .filter(({ models, path }) => models === undefined && !without.some(([pattern]) => pattern.test(String(path))))
        .map(({ method, path }) => `${method} ${String(path)}`),
    ).toEqual(['POST /api/v1/predictions']); // row by row: below
  });

  it('answers as one that is unknown, byte by byte, at each of them, and so does what is about it', async () => {
    const differing: string[] = [];
    const asked = endpoints().filter(({ models }) => models !== undefined && models.creates !== true);
    expect(asked.length).toBeGreaterThan(45);
    for (const endpoint of asked) {
      const [real, unknown] = [await sample(endpoint, ids, forbidden), await sample(endpoint, {}, nobody)];
      if (real !== unknown) differing.push(`${endpoint.method} ${String(endpoint.path)}: ${real} / ${unknown}`);
    }
    expect(differing).toEqual([]);
  });

  it('is found by who may see it, where the one who may not finds nothing', async () => {
    for (const [collection, id] of Object.entries(ids)) {
      if (!['promotions', 'monitors', 'alerts', 'evaluations', 'jobs', 'triggers'].includes(collection)) continue;
      const path = `/api/v1/${collection}/${id}`;
      expect([path, (await ask('GET', path)).status]).toEqual([path, 200]);
      expect([path, (await ask('GET', path, undefined, denied)).status]).toEqual([path, 404]);
    }
  });

  it('is left out of every list and search, also of those over GraphQL', async () => {
    const seen: string[] = [];
    let shown = 0;
    for (const { method, path } of endpoints()) {
      const address = typeof path === 'string' ? path : (path[0] ?? '');
      const lists = method === 'GET' && !address.includes(':') && !address.includes('*');
      const searches = method === 'POST' && address.endsWith('/search');
      if (!(lists || searches) || /audit|policies|webhooks|^\/log|openapi|model-grants/.test(address)) continue;
      const body = searches ? { experiment_ids: known.values.experiment_id } : undefined;
      if ((await ask(method, address, body)).text.includes(forbidden)) shown += 1;
      const { text } = await ask(method, address, body, denied);
      if (text.includes(forbidden)) seen.push(`${method} ${address}: ${text.slice(0, 300)}`);
    }
    const query = '{ mlflowSearchModelVersions(input: { filter: "" }) { modelVersions { name } } }';
    for (const each of [
      query,
      `{ mlflowGetRun(input: { runId: "${String(known.values.run_id?.[0])}" }) { run { modelVersions { name } } } }`,
    ]) {
      const over = async (as?: string): Promise<string> => (await ask('POST', '/graphql', { query: each }, as)).text;
      if ((await over()).includes(forbidden)) shown += 1;
      if ((await over(denied)).includes(forbidden)) seen.push(each);
    }
    expect(seen).toEqual([]);
    expect(shown).toBeGreaterThan(6);
  });

  it('stands in the audit log for whoever reads that: a log with lines left out could be checked by nobody', async () => {
    const seen = async (path: string, as?: string): Promise<string> => (await ask('GET', path, undefined, as)).text;
    const search = `/api/v1/audit/records?action=registry.version.registered.v1&limit=100`;
    const { records } = JSON.parse(await seen(search));
    expect(records.length).toBeGreaterThan(0);
    expect(JSON.parse(await seen(search, denied)).records).toEqual(records);
    const lines = async (as?: string) =>
      (await seen('/api/v1/audit/export?action=registry.version.registered.v1', as)).split('\n').length;
    expect(await lines(denied)).toBe(await lines());
    const { person, role } = { person: 'max@assay.example', role: 'maintainer' };
    await told('POST', '/api/v1/people', { email: person, name: 'Max', password, roles: [role] });
    const max = (await told('POST', '/api/v1/sessions', { email: person, password })).token;
    expect((await ask('GET', search, undefined, max)).status).toBe(403); // no role that reads it
  });

  it('is nothing that webhooks tell to somebody kept from it, and neither is a job that compares with it', async () => {
    const listen = async (as?: string): Promise<string> =>
      (
        await toldBy(platform.url, 'POST', '/api/v1/webhooks', {
          token: as ?? known.token,
          body: { name: 'hook', url: 'http://127.0.0.1:9/', events: ['model_version_tag.set', 'job.submitted'] },
        })
      ).id;
    const [open, shut] = [await listen(), await listen(denied)];
    await told('POST', '/api/2.0/mlflow/model-versions/set-tag', {
      name: forbidden,
      version: '1',
      key: 'k',
      value: 'v',
    });
    await told('POST', '/api/v1/jobs', {
      recipe: 'evaluate',
      inputs: { model: { name: forbidden, version: '1' }, dataset: { name: 'fuzz-data', version: 1 } },
      params: { experiment: 'e' },
    });
    const { id: comparing } = await told('POST', '/api/v1/jobs', {
      recipe: 'evaluate',
      inputs: {
        model: { name: 'another', version: '1' },
        dataset: { name: 'fuzz-data', version: 1 },
        comparedWith: { name: forbidden, version: '1' },
      },
      params: { experiment: 'e' },
    });
    expect((await ask('GET', `/api/v1/jobs/${comparing}`, undefined, denied)).status).toBe(404);
    expect((await ask('GET', '/api/v1/jobs', undefined, denied)).text).not.toContain(comparing);
    const events = async (id: string, as?: string): Promise<string[]> =>
      JSON.parse((await ask('GET', `/api/v1/webhooks/${id}/deliveries`, undefined, as)).text)
        .deliveries.map(({ event }: { event: string }) => event)
        .toSorted();
    await expect.poll(() => events(open)).toEqual(['job.submitted', 'job.submitted', 'model_version_tag.set']);
    expect(await events(shut)).toEqual([]);
    expect(await events(open, denied)).toEqual([]);
  });

  it('is nothing that somebody kept from it can make things for, and a name that is denied tells nothing of what exists', async () => {
    const made = async (name: string): Promise<unknown[]> => {
      const dataset = { name: 'fuzz-data', version: 1 };
      const job = {
        recipe: 'evaluate',
        inputs: { model: { name, version: '1' }, dataset },
        params: { experiment: 'e' },
      };
      const tries = [
        ['/api/v1/jobs', job],
        [
          '/api/v1/jobs',
          { ...job, inputs: { ...job.inputs, model: { name: 'other', version: '1' }, comparedWith: job.inputs.model } },
        ],
        ['/api/v1/triggers', { name: 't', on: 'drift.alert.opened', job }],
        [
          '/api/v1/triggers',
          {
            name: 't',
            on: 'drift.alert.opened',
            model: name,
            job: { ...job, inputs: { ...job.inputs, model: { name: 'other', version: '1' } } },
          },
        ],
        ['/api/v1/monitors', { name: 'm', model: name, reference: dataset, exclude: ['id', 'label'] }],
      ] as const;
      const answers = [];
      for (const [path, body] of tries) answers.push(plain(await ask('POST', path, body, denied), [name]));
      const row = { id: 'p9', model: name, version: '1', at: june.from, features: { age: 1 }, score: 0.1 };
      answers.push(plain(await ask('POST', '/api/v1/predictions', { predictions: [row] }, denied), [name]));
      return answers;
    };
    const refused = await made(forbidden);
    expect(refused).toEqual(await made(`${forbidden}-nothing`));
    expect(refused.map((answer) => String(answer).slice(0, 3))).toEqual(['403', '403', '403', '403', '403', '400']);
  });

  /** An evaluation by the job that runs, and an alert. */
  async function thingsAboutIt(): Promise<Record<string, string>> {
    const dataset = await told('GET', '/api/v1/datasets/fuzz-data/versions/1');
    const { digest: manifest } = await told('GET', `/api/v1/models/${forbidden}/versions/1/manifest`);
    const { id: evaluation } = await told(
      'POST',
      '/api/v1/evaluations',
      {
        model: { name: forbidden, version: '1', manifest },
        dataset: { name: 'fuzz-data', version: 1, digest: dataset.digest },
        rows: 40,
        threshold: 0.5,
        metrics: { auc: 0.8 },
        slices: [],
        calibration: [],
        comparedWith: null,
        scores: { path: 'scores/1.csv', digest: 'e'.repeat(64), rows: 40 },
      },
      known.running.token,
    );
    const predictions = Array.from({ length: 60 }, (_, at) => ({
      id: `june-${at}`,
      model: forbidden,
      version: '1',
      at: new Date(Date.parse(june.from) + at * 3_600_000).toISOString(),
      features: { age: 400 + at, amount: 90_000 },
      score: at / 60,
    }));
    await told('POST', '/api/v1/predictions', { predictions });
    const monitor = known.ids.monitors ?? '';
    const window = await told('POST', `/api/v1/monitors/${monitor}/windows`, june);
    const job = {
      recipe: 'evaluate',
      inputs: { model: { name: forbidden, version: '1' }, dataset: { name: 'fuzz-data', version: 1 } },
      params: { experiment: 'e' },
    };
    const trigger = await told('POST', '/api/v1/triggers', { name: 'about-it', on: 'drift.alert.opened', job });
    return {
      evaluations: evaluation,
      alerts: window.alertId,
      window: window.id,
      jobs: known.running.id,
      triggers: trigger.id,
    };
  }

  /** A person with every role that acts, kept from the model and from what begins like it. */
  async function somebodyDenied(): Promise<string> {
    const email = 'mallory@assay.example';
    const roles = ['maintainer', 'approver'];
    const { id } = await told('POST', '/api/v1/people', { email, name: 'Mallory', password, roles });
    for (const pattern of [forbidden, `${forbidden}-*`])
      await told('POST', '/api/v1/model-grants', {
        subjectKind: 'person',
        subject: id,
        pattern,
        permissions: ['registry:read', 'registry:register', 'registry:write', 'promotions:request'],
        effect: 'deny',
      });
    const first = await told('POST', '/api/v1/sessions', { email, password });
    await told('POST', '/api/v1/me/password', { password, newPassword }, first.token);
    return (await told('POST', '/api/v1/sessions', { email, password: newPassword })).token;
  }

  function endpoints(): EndpointOptions[] {
    return endpointsOf(platform.app).filter(
      ({ permission, method }) => !permission.startsWith('audit:') && method !== 'HEAD',
    );
  }

  /** What the denied caller is told by an endpoint that is asked about a model, its ids and its name taken out. */
  async function sample(
    endpoint: EndpointOptions,
    of: Readonly<Record<string, string>>,
    name: string,
  ): Promise<string> {
    const path = typeof endpoint.path === 'string' ? endpoint.path : (endpoint.path[0] ?? '');
    const values = {
      ...known.values,
      name: [name],
      model: [name],
      model_name: [name],
      new_name: [name],
      credential: [{ password: newPassword }],
      moves: [{ model: name, alias: 'champion', version: '1', expected: '1' }],
      monitor: [of['monitors'] ?? noId],
    };
    const samples = new Samples(document, { ...values, moves: [values.moves] });
    const operation: Operation | undefined = document.paths[documentedPath(path)]?.[endpoint.method.toLowerCase()];
    const collection = path.split('/')[3] ?? '';
    const used: string[] = [name];
    const valueOf = (field: string): string => {
      const value =
        field === 'id'
          ? (of[collection] ?? noId)
          : field === 'window'
            ? (of['window'] ?? noId)
            : String(samples.value({ type: 'string' }, field));
      if (field === 'id' || field === 'window' || field === 'monitor') used.push(value);
      return value;
    };
    const url = path.replaceAll(/:(\w+)|\*(\w*)$/g, (_, named?: string, rest?: string) =>
      encodeURIComponent(valueOf(named ?? (rest || 'path'))),
    );
    const query = (operation?.parameters ?? []).filter(
      (one) => one.in === 'query' && (one.required || ['name', 'model', 'monitor'].includes(one.name)),
    );
    const search = new URLSearchParams(
      Object.fromEntries(query.map((one) => [one.name, valueOf(one.name)])),
    ).toString();
    const schema = operation?.requestBody?.content['application/json']?.schema;
    const answer = await ask(
      endpoint.method,
      search === '' ? url : `${url}?${search}`,
      schema ? samples.body(schema) : undefined,
      denied,
    );
    return plain(answer, [...used, of['monitors'] ?? noId]);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, read once
  function told(method: string, path: string, body?: object, as: string = known.token): Promise<any> {
    return toldBy(platform.url, method, path, { token: as, body });
  }

  async function ask(
    method: string,
    path: string,
    body?: object,
    as: string = known.token,
  ): Promise<{ status: number; text: string }> {
    const answer = await send(platform.url, method, path, { token: as, body });
    return { status: answer.status, text: await answer.text() };
  }
});

/** An answer without what is of the request alone: its id, and what it was asked about. */
function plain({ status, text }: { status: number; text: string }, used: readonly string[]): string {
  const without = text.replaceAll(/"(?:requestId|instance)":"[^"]*",?/g, '');
  return `${status} ${used.reduce((said, one) => said.replaceAll(one, 'IT').replaceAll(encodeURIComponent(one), 'IT'), without)}`;
}

/** Whether a schema has a field that holds a name of a model, at any depth. */
function names(schema: z.ZodType | undefined, io: 'input' | 'output'): boolean {
  if (schema === undefined) return false;
  const found = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).some(
      ([key, inner]) =>
        (key === 'properties' && Object.keys(inner).some((name) => modelFields.has(name))) || found(inner),
    );
  return found(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
}
