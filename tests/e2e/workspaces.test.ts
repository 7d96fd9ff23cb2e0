import { roles } from '@assay/contracts';
import type { EndpointOptions } from '@assay/platform/http';
import { testDatabase } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Document, type Operation, Samples } from './bad-input/schemas.js';
import { type KnownThings, makeKnownThings } from './known-things.js';
import { documentedPath, endpointsOf, mayChange } from './routed.js';
import { told as toldBy } from './send.js';
import { wholePlatform } from './whole-platform.js';

const email = 'tess@assay.example';
const password = 'correct horse battery';
const newPassword = `${password} of my own`;
const noId = '01999999-9999-7999-8999-999999999999';

/** A name of something that nobody has, in the shape of each field that holds the name of something. */
const nothing: Readonly<Record<string, string>> = {
  run_id: 'f'.repeat(32),
  run_uuid: 'f'.repeat(32),
  source_run_id: 'f'.repeat(32),
  model_id: `m-${'f'.repeat(32)}`,
  trace_id: 'tr-nothing',
  request_id: 'tr-nothing',
  trace_ids: 'tr-nothing',
  assessment_id: `a-${'f'.repeat(32)}`,
  issue_id: `iss-${'f'.repeat(32)}`,
  dataset_id: `d-${'f'.repeat(32)}`,
  experiment_id: '424242',
  experiment_ids: '424242',
  name: 'nothing',
  model: 'nothing',
  model_name: 'nothing',
  monitor: noId,
  webhook_id: noId,
  personId: noId,
  username: 'nobody@assay.example',
  path: `424242/${'f'.repeat(32)}/artifacts/model/model.json`,
  source: `runs:/${'f'.repeat(32)}/model`,
};

/** What changes by being looked at, is of the whole installation, or is followed as it grows. */
const restless = /^\/(?:log|metrics|ready|health)|\/audit\/|\/tokens$|\/oidc\/|jobs\/:id\/events$/;

describe('somebody with every role in another workspace', () => {
  const database = testDatabase();
  const platform = wholePlatform(
    database,
    { ASSAY_LOG_LEVEL: 'fatal', ASSAY_RUNNER_LEASE_SECONDS: '600', ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' },
    { workers: false },
  );
  let known: KnownThings;
  let document: Document;
  let tess: string;

  beforeAll(async () => {
    known = await makeKnownThings(platform.app, platform.url);
    document = JSON.parse((await ask(known.token, 'GET', '/api/v1/openapi.json')).text);
    const { id } = await told('POST', '/api/v1/people', { email, name: 'Tess', password, roles: ['viewer'] });
    await told('POST', '/api/v1/workspaces', { name: 'elsewhere' });
    await told('PUT', `/api/v1/workspaces/elsewhere/members/${id}`, { roles });
    const first = await told('POST', '/api/v1/sessions', { email, password });
    await told('POST', '/api/v1/me/password', { password, newPassword }, first.token);
    tess = (await told('POST', '/api/v1/sessions', { email, password: newPassword })).token;
    await told('PATCH', `/api/v1/people/${id}`, { roles: [] });
  });

  it('is told of everything here what is told of nothing at all, to the letter', async () => {
    const differing: string[] = [];
    const reads = endpoints().filter(({ method, path }) => !mayChange(method) && !restless.test(String(path)));
    for (const endpoint of reads) {
      const [real, unknown] = [await about(tess, endpoint, true), await about(tess, endpoint, false)];
      if (plain(real) !== plain(unknown))
        differing.push(`${endpoint.method} ${String(endpoint.path)}: ${plain(real)} / ${plain(unknown)}`);
    }
    expect(reads.length).toBeGreaterThan(80);
    expect(differing).toEqual([]);
  });

  it('changes nothing here, whatever they ask for, and none of it is in what they are told', async () => {
    const before = await everythingHere();
    const seen: string[] = [];
    for (const endpoint of endpoints()) {
      const { method, path } = endpoint;
      if (/\/me\/password|\/tokens\/:id|members\/:personId/.test(String(path))) continue; // of their own account
      const { status, text } = await about(tess, endpoint, true);
      const shown = ['It is slow.', '"watch"', '"questions"', 'root@assay.example'].filter((one) => text.includes(one));
      if (shown.length > 0 && !/\/people|users\/list|\/workspaces/.test(String(path)))
        seen.push(`${method} ${String(path)} shows ${shown.join(', ')}: ${status} ${text.slice(0, 200)}`);
    }
    expect(seen).toEqual([]);
    const after = await everythingHere();
    const changed = Object.entries(before).filter(([route, answer]) => after[route] !== answer);
    expect(changed.map(([route, answer]) => `${route}: ${answer} → ${after[route]}`)).toEqual([]);
    expect(Object.values(before).filter((answer) => answer.startsWith('200 ')).length).toBeGreaterThan(50);
    const records = await database.query(
      `select record ->> 'action' as action from audit.inbox where record ->> 'workspace' = 'default' and record #>> '{actor,tokenId}' = $1`,
      [tess.split('_')[1]],
    );
    expect(records).toEqual([]);
  });

  function endpoints(): EndpointOptions[] {
    return endpointsOf(platform.app).filter(({ permission, method }) => permission !== 'public' && method !== 'HEAD');
  }

  /** What an administrator of this workspace reads of it. */
  async function everythingHere(): Promise<Record<string, string>> {
    const answers: [string, string][] = [];
    for (const endpoint of endpoints().filter(({ method, path }) => method === 'GET' && !restless.test(String(path))))
      answers.push([`${endpoint.method} ${String(endpoint.path)}`, plain(await about(known.token, endpoint, true))]);
    return Object.fromEntries(answers);
  }

  /** Asks an endpoint about a thing of this workspace, or about nothing. */
  async function about(as: string, endpoint: EndpointOptions, real: boolean): Promise<Told> {
    const path = typeof endpoint.path === 'string' ? endpoint.path : (endpoint.path[0] ?? '');
    const names = Object.fromEntries(Object.entries(nothing).map(([field, name]) => [field, [name]]));
    const values = { ...known.values, ...(real ? {} : names), credential: [{ password: newPassword }] };
    const samples = new Samples(document, values);
    const operation: Operation | undefined = document.paths[documentedPath(path)]?.[endpoint.method.toLowerCase()];
    const used: string[] = [];
    const valueOf = (field: string): string => {
      const id = (real ? known.ids[path.split('/')[3] ?? ''] : undefined) ?? noId;
      const value = field === 'id' ? id : String(samples.value({ type: 'string' }, field));
      used.push(value);
      return value;
    };
    const url = path.replaceAll(/:(\w+)|\*(\w*)$/g, (_, named?: string, rest?: string) =>
      encodeURIComponent(valueOf(named ?? (rest || 'path'))),
    );
    const query = (operation?.parameters ?? []).filter(
      ({ in: where, name, required }) => where === 'query' && (required || name in nothing),
    );
    const search = new URLSearchParams(Object.fromEntries(query.map(({ name }) => [name, valueOf(name)]))).toString();
    const schema = operation?.requestBody?.content['application/json']?.schema;
    const body = schema ? samples.body(schema) : undefined;
    return { ...(await ask(as, endpoint.method, search === '' ? url : `${url}?${search}`, body)), used };
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once
  function told(method: string, path: string, body?: object, as: string = known.token): Promise<any> {
    return toldBy(platform.url, method, path, { token: as, body });
  }

  /** Tess acts where she is a member; whoever else is asked for, here. */
  async function ask(as: string, method: string, path: string, body?: object): Promise<Omit<Told, 'used'>> {
    const answer = await fetch(`${platform.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${as}`,
        ...(as === tess ? { 'x-mlflow-workspace': 'elsewhere' } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    return { status: answer.status, text: await answer.text() };
  }
});

interface Told {
  readonly status: number;
  readonly text: string;
  /** What the request named. */
  readonly used: readonly string[];
}

/** An answer without what is of the request alone, and without the clock. */
function plain({ status, text, used }: Told): string {
  const said = text.replaceAll(/"(?:requestId|instance)":"[^"]*",?/g, '');
  const names = used.toSorted((one, other) => other.length - one.length);
  return `${status} ${names.reduce((rest, one) => (one.length > 2 ? rest.replaceAll(one, 'IT').replaceAll(encodeURIComponent(one), 'IT') : rest.replaceAll(new RegExp(`\\b${one}\\b`, 'g'), 'IT')), said)}`;
}
