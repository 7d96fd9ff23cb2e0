import { type EndpointOptions, EndpointRegistry, isMlflowPath, pathsOf } from '@assay/platform/http';
import { testDatabase } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Document, type Operation, Samples } from './bad-input/schemas.js';
import { type RawAnswer, sendRaw } from './bad-input/send-raw.js';
import { tableDigests } from './bad-input/table-digests.js';
import { type KnownThings, makeKnownThings } from './known-things.js';
import { documentedPath } from './routed.js';
import { wholePlatform } from './whole-platform.js';

const limit = 32_768;
const json = { 'content-type': 'application/json' };
const verbs = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

interface Route {
  readonly endpoint: EndpointOptions;
  readonly method: EndpointOptions['method'];
  readonly path: string;
  readonly operation: Operation;
}

interface Attempt {
  readonly what: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Statuses that are right; any refusal of the caller's making if left out. */
  readonly statuses?: readonly number[];
  /** true: the value may fit after all, so only a failure of the server is wrong. */
  readonly mayFit?: boolean;
}

/** Which of the known names is one of a collection; the first one, a model's, elsewhere. */
const nameOf: Readonly<Record<string, number>> = { datasets: 1, policies: 2 };

describe('bad input, at every endpoint of the router', () => {
  const database = testDatabase();
  const platform = wholePlatform(
    database,
    {
      ASSAY_HTTP_BODY_MAX_BYTES: String(limit),
      ASSAY_ARTIFACTS_MAX_BYTES: String(limit),
      ASSAY_RUNNER_LEASE_SECONDS: '600',
      ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1',
    },
    { workers: false },
  );
  let known: KnownThings;
  let document: Document;
  let samples: Samples;
  let routes: Route[];

  beforeAll(async () => {
    known = await makeKnownThings(platform.app, platform.url);
    document = JSON.parse(await (await fetch(`${platform.url}/api/v1/openapi.json`)).text());
    samples = new Samples(document, known.values);
    routes = platform.app
      .get(EndpointRegistry, { strict: false })
      .all()
      .flatMap((endpoint) => pathsOf(endpoint).map((path) => routeOf(endpoint, path)));
    if (routes.length < 150) throw new Error(`only ${routes.length} routes were found`);
  });

  it('malformed JSON', () =>
    refusesAll((route) => {
      if (route.endpoint.streams || route.method === 'GET' || route.method === 'HEAD') return [];
      const body = (what: string, text: string | Buffer): Attempt => ({
        what,
        path: realPath(route),
        headers: json,
        body: text,
        statuses: [400],
      });
      return [
        body('an open brace', '{"a": '),
        body('a bare word', 'nonsense'),
        body('NaN', '{"a": NaN}'),
        body('Infinity', '{"a": -Infinity}'),
        body('a list', '[{}]'),
        body('a number', '7'),
        body('null', 'null'),
        body('two values', '{} {}'),
        body('deep nesting', `{"a": ${'['.repeat(5000)}${']'.repeat(5000)}}`),
        body('a NUL character', String.raw`{"a": "\u0000"}`),
        body('an unpaired surrogate', String.raw`{"a": "\ud800"}`),
        body('an unpaired surrogate in a name', String.raw`{"\udc00": 1}`),
        body('bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
      ];
    }));

  it('a value of the wrong type in each field of a body', () =>
    refusesAll((route) => {
      const schema = route.operation.requestBody?.content['application/json']?.schema;
      if (!schema || route.endpoint.streams) return [];
      const whole = samples.body(schema);
      return samples.fields(schema).flatMap((field) =>
        samples.wrong(field.schema).map((value) => ({
          what: `${field.name} = ${JSON.stringify(value)}`,
          path: realPath(route),
          headers: json,
          body: JSON.stringify({ ...whole, [field.name]: value }),
        })),
      );
    }));

  it('a required field left out', () =>
    refusesAll((route) => {
      const schema = route.operation.requestBody?.content['application/json']?.schema;
      if (!schema || route.endpoint.streams) return [];
      const whole = samples.body(schema);
      return Object.keys(whole).map((name) => ({
        what: `no ${name}`,
        path: realPath(route),
        headers: json,
        body: JSON.stringify({ ...whole, [name]: undefined }),
      }));
    }));

  it('a body larger than allowed', () =>
    refusesAll((route) => {
      if (route.method === 'GET' || route.method === 'HEAD') return [];
      const path = realPath(route);
      if (route.endpoint.streams)
        return route.path.includes('mlflow-artifacts')
          ? [
              {
                what: 'a large file',
                path: path.replace('model/model.json', 'other.bin'),
                body: Buffer.alloc(limit + 1),
                statuses: [413],
              },
            ]
          : [];
      return [
        { what: 'a large body', path, headers: json, body: JSON.stringify({ a: 'x'.repeat(limit) }), statuses: [413] },
      ];
    }));

  it('a content type that is not taken', () =>
    refusesAll((route) => {
      if (route.endpoint.streams || route.method === 'GET' || route.method === 'HEAD') return [];
      return ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'].map((type) => ({
        what: type,
        path: realPath(route),
        headers: { 'content-type': type },
        body: '{}',
        statuses: isMlflowPath(route.path) ? [400] : [415],
      }));
    }));

  it('a method that is not taken', () =>
    refusesAll((route) => {
      const path = realPath(route);
      const taken = platform.app.get(EndpointRegistry, { strict: false }).methodsOf(path.split('?')[0] ?? path);
      return verbs
        .filter((verb) => !taken.includes(verb))
        .map((method) => ({ what: method, method, path, statuses: [405] }));
    }));

  it('an id in the path that names nothing', () =>
    refusesAll((route) => {
      if (!/[:*]/.test(route.path)) return [];
      const { body, headers } = fitting(route);
      // A list below a thing that isn't there, and an alias that nothing holds, are answered: they are empty.
      return hostilePathValues.map(([what, value]) => ({
        what,
        path: withQuery(
          route,
          pathWith(route, () => value),
        ),
        headers,
        body,
        mayFit: route.method === 'GET' || route.method === 'PUT',
      }));
    }));

  it('a query that makes no sense', () =>
    refusesAll((route) => {
      return route.operation.parameters
        .filter((parameter) => parameter.in === 'query')
        .flatMap(({ name, schema }) => {
          return hostileQueryValues.map(([what, text]) => ({
            what: `${name}: ${what}`,
            path: `${realPath(route).split('?')[0]}?${otherQuery(route, name)}${text.replaceAll('KEY', name)}`,
            ...fitting(route),
            mayFit: !isNumber(schema) || !noNumbers.has(what),
          }));
        });
    }));

  /** Sends what bad requests there are for each route, and looks at each answer, and at every table. */
  async function refusesAll(attemptsOf: (route: Route) => readonly Attempt[]): Promise<void> {
    const wrong: string[] = [];
    let sent = 0;
    for (const route of routes) {
      const attempts = attemptsOf(route);
      if (attempts.length === 0) continue;
      const before = await tableDigests(database);
      let accepted = false;
      for (const attempt of attempts) {
        const method = attempt.method ?? route.method;
        const answer = await sendRaw(
          platform.url,
          method,
          attempt.path,
          { authorization: `Bearer ${forJobs(route) ? known.running.token : known.token}`, ...attempt.headers },
          attempt.body,
        );
        sent += 1;
        if (attempt.mayFit === true && answer.status >= 200 && answer.status < 300) accepted = true;
        else
          wrong.push(
            ...faults(route, attempt, answer).map(
              (fault) => `${method} ${attempt.path.slice(0, 200)} [${attempt.what}]: ${fault}`,
            ),
          );
      }
      const after = await tableDigests(database);
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      if (!accepted && changed.length > 0) wrong.push(`${route.method} ${route.path}: changed ${changed.join(', ')}`);
    }
    expect(sent).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  }

  function routeOf(endpoint: EndpointOptions, path: string): Route {
    const documented = documentedPath(path.replace(/^\/ajax-api/, '/api'));
    const operation = document.paths[documented]?.[endpoint.method.toLowerCase()];
    if (!operation) throw new Error(`${endpoint.method} ${documented} is not in the OpenAPI document`);
    return { endpoint, method: endpoint.method, path, operation };
  }

  /** The route's address with ids of things that exist, and a query with what it must have. */
  function realPath(route: Route): string {
    return withQuery(
      route,
      pathWith(route, (name) => {
        const collection = route.path.split('/')[3] ?? '';
        if (forJobs(route) && name === 'id') return known.running.id;
        if (forJobs(route) && name === 'epoch') return String(known.running.epoch);
        const value =
          name === 'id'
            ? known.ids[collection]
            : known.values[name]?.[(name === 'name' ? nameOf[collection] : undefined) ?? 0];
        return name === 'path' ? String(value) : encodeURIComponent(String(value ?? 'a'));
      }),
    );
  }

  function pathWith(route: Route, value: (name: string) => string): string {
    return route.path.replaceAll(/:(\w+)|\*(\w*)$/g, (_, named?: string, rest?: string) =>
      value(named ?? (rest || 'path')),
    );
  }

  function withQuery(route: Route, path: string): string {
    const query = otherQuery(route, '');
    return query === '' ? path : `${path}?${query}`;
  }

  /** The required query parameters but one. */
  function otherQuery(route: Route, left: string): string {
    return route.operation.parameters
      .filter((parameter) => parameter.in === 'query' && parameter.required && parameter.name !== left)
      .map(({ name, schema }) => `${name}=${encodeURIComponent(String(samples.value(schema, name)))}&`)
      .join('');
  }

  function fitting(route: Route): { body?: string; headers?: Readonly<Record<string, string>> } {
    const content = route.operation.requestBody?.content;
    const schema = content?.['application/json']?.schema;
    if (schema && !route.endpoint.streams) return { body: JSON.stringify(samples.body(schema)), headers: json };
    const type = route.endpoint.streams?.[0];
    return type === undefined ? {} : { body: '', headers: { 'content-type': type } };
  }

  function isNumber(schema: Parameters<Samples['resolve']>[0]): boolean {
    return [samples.resolve(schema).type].flat().some((type) => type === 'integer' || type === 'number');
  }
});

/** Whether only a job's own token opens an endpoint. */
function forJobs({ endpoint }: Route): boolean {
  return endpoint.permission === 'jobs:work' || endpoint.permission === 'evaluations:report';
}

/** What is wrong with a refusal: its status, its shape, or its words. */
function faults(route: Route, { statuses }: Attempt, { status, type, text }: RawAnswer): string[] {
  if (status < 400 || status >= 500) return [`answered ${status} ${text.slice(0, 200)}`];
  const found =
    statuses && !statuses.includes(status)
      ? [`answered ${status}, not ${statuses.join(' or ')}: ${text.slice(0, 200)}`]
      : [];
  const body = parsed(text);
  const mlflow = isMlflowPath(route.path);
  if (!type.startsWith(mlflow ? 'application/json' : 'application/problem+json')) found.push(`is of type ${type}`);
  const sentence = mlflow ? body.message : body.detail;
  if (mlflow && !/^[A-Z_]+$/.test(String(body.error_code))) found.push(`has no error_code: ${text.slice(0, 200)}`);
  if (!mlflow && (body.status !== status || !/^[A-Z_]+$/.test(String(body.code)) || typeof body.requestId !== 'string'))
    found.push(`is no problem document: ${text.slice(0, 200)}`);
  // MLflow's own wording, which its clients know, often goes without a full stop.
  const isSentence = mlflow ? /^["'`\p{Lu}].*\S \S/su : /^["'`\p{Lu}].*\S \S.*[.!?]["'”’)]?$/su;
  if (typeof sentence !== 'string' || !isSentence.test(sentence) || /\bundefined\b|\[object /.test(sentence))
    found.push(`says no sentence: ${text.slice(0, 300)}`);
  return found;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // not JSON: told by what is missing
  }
}

const hostilePathValues = [
  ['unknown', 'no-such-thing'],
  ['a number', '999999999'],
  ['a huge number', '9'.repeat(400)],
  ['negative', '-1'],
  ['zero', '0'],
  ['NaN', 'NaN'],
  ['a fraction', '1e999'],
  ['very long', 'a'.repeat(3000)],
  ['longer than any id', 'a'.repeat(5000)],
  ['NUL', 'a%00b'],
  ['no UTF-8', '%ff'],
  ['a lone percent', '%'],
  ['up and out', '..%2f..%2f..%2fetc%2fpasswd'],
  ['up, twice encoded', '%252e%252e%252fx'],
  ['a backslash', '..%5c..%5cx'],
  ['a space', '%20'],
  ['a line break', 'a%0ab'],
  ['a quote', "'%20or%20'1'='1"],
  ['emoji', '%F0%9F%92%A9'],
  ['a prototype', '__proto__'],
] as const;

/** Of the values below, those that no number is. */
const noNumbers = new Set([
  'not a number',
  'huge',
  'out of a bigint',
  'NaN',
  'infinite',
  'twice',
  'NUL',
  'no UTF-8',
  'long',
  'quote',
]);

const hostileQueryValues = [
  ['empty', 'KEY='],
  ['not a number', 'KEY=nonsense'],
  ['negative', 'KEY=-1'],
  ['huge', `KEY=${'9'.repeat(400)}`],
  ['out of a bigint', 'KEY=9223372036854775808'],
  ['fraction', 'KEY=1.5'],
  ['NaN', 'KEY=NaN'],
  ['infinite', 'KEY=1e999'],
  ['twice', 'KEY=a&KEY=b'],
  ['as a list', 'KEY[]=a'],
  ['as a map', 'KEY[a]=b'],
  ['NUL', 'KEY=%00'],
  ['no UTF-8', 'KEY=%ff%fe'],
  ['lone percent', 'KEY=%'],
  ['long', `KEY=${'a'.repeat(6000)}`],
  ['longer than headers may be', `KEY=${'a'.repeat(20_000)}`],
  ['quote', "KEY='"],
  ['half a filter', 'KEY=metrics.%60a%22b%20%3E'],
  ['a page token of ours no more', 'KEY=eyJvZmZzZXQiOi0xfQ=='],
  ['base64 of nonsense', 'KEY=%2F%2F%2F%2F'],
  ['up and out', 'KEY=..%2f..%2fetc%2fpasswd'],
  ['twice encoded', 'KEY=%252e%252e%252f'],
] as const;
