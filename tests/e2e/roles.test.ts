import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ModelGrant,
  type Permission,
  jobPermissions,
  localPermissions,
  mayOnSomeModel,
  modelPermissions,
  rolePermissions,
  roles,
  serviceAccountRoles,
} from '@assay/contracts';
import { SetUp } from '@assay/access';
import { Endpoint, type EndpointOptions, pathsOf } from '@assay/platform/http';
import { bootTestPlatform, testDatabase } from '@assay/testing';
import { All, Controller, Get, Module } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { beginAttempt } from './begin-attempt.js';
import { endpointsOf, mayChange, routerRoutes, routesOf } from './routed.js';
import { wholePlatform } from './whole-platform.js';

interface Caller {
  readonly name: string;
  readonly token: string | null;
  /** null: nobody that the platform knows. */
  readonly permissions: readonly Permission[] | null;
  readonly modelGrants?: readonly ModelGrant[];
  readonly scopes?: readonly Permission[];
}

const password = 'correct horse battery';

/** Tokens that are narrowed, by whose they are: what both the role and the scopes name is left. */
const narrowed = [
  { role: 'maintainer', scopes: ['registry:read', 'registry:write'] },
  { role: 'admin', scopes: ['tracking:read'] },
  { role: 'viewer', scopes: ['policies:write', 'registry:write'] },
  { role: 'approver', scopes: ['registry:read'] },
] as const;
const grants = {
  'viewer with a grant': { pattern: 'open-*', permissions: modelPermissions, effect: 'allow' },
  'viewer with a grant to read': { pattern: '*', permissions: ['registry:read'], effect: 'allow' },
  'viewer with a denial': { pattern: '*', permissions: modelPermissions, effect: 'deny' },
} as const;
/** Who asks at every path that an endpoint answers on. */
const everywhere = new Set<string>([...roles, 'local', 'nobody']);
const accounts = serviceAccountRoles.map((role) => `service account ${role}`);
const tokens = narrowed.map(({ role, scopes }) => `${role} within ${scopes.join(' ')}`);

describe('every endpoint lets in exactly those whose role has what it declares', () => {
  const database = testDatabase();
  const platform = wholePlatform(
    database,
    { ASSAY_LOG_LEVEL: 'fatal', ASSAY_RUNNER_SLOTS: '4', ASSAY_RUNNER_LEASE_SECONDS: '600' },
    { workers: false },
  );
  /** Caller → `METHOD path` of what answered it. */
  const entered = new Map<string, Set<string>>();

  it('a call without a credential while nobody exists', async () => {
    expect(await refusedWrongly({ name: 'local', token: null, permissions: localPermissions })).toEqual([]);
  });

  describe('once people exist', () => {
    const callers = new Map<string, Caller>();

    beforeAll(async () => {
      const secret = await platform.app.get(SetUp, { strict: false }).secretIfNeeded();
      const { token: root } = await post('/api/v1/setup', {
        secret,
        email: 'root@assay.example',
        name: 'Root',
        password,
      });
      for (const role of roles) {
        const email = `${role}@assay.example`;
        await post('/api/v1/people', { email, name: role, password, roles: [role] }, root);
        const first = await post('/api/v1/sessions', { email, password });
        const newPassword = `${password} of my own`; // with root's nobody decides
        await post('/api/v1/me/password', { password, newPassword }, first.token);
        const { token } = await post('/api/v1/sessions', { email, password: newPassword });
        callers.set(role, { name: role, token, permissions: rolePermissions[role] });
      }
      for (const role of serviceAccountRoles) {
        const { id } = await post('/api/v1/service-accounts', { name: role, roles: [role] }, root);
        const { token } = await post(`/api/v1/service-accounts/${id}/tokens`, { name: 'its own' }, root);
        const name = `service account ${role}`;
        callers.set(name, { name, token, permissions: rolePermissions[role] });
      }
      for (const { role, scopes } of narrowed) {
        const of = callers.get(role)?.token ?? '';
        const { token } = await post('/api/v1/tokens', { name: 'narrowed', scopes }, of);
        const name = `${role} within ${scopes.join(' ')}`;
        const permissions = rolePermissions[role].filter((held) => scopes.some((scope) => scope === held));
        callers.set(name, { name, token, permissions, scopes });
      }
      for (const [name, grant] of Object.entries(grants)) {
        const email = `${name.replaceAll(' ', '-')}@assay.example`;
        const { id } = await post('/api/v1/people', { email, name, password, roles: ['viewer'] }, root);
        await post('/api/v1/model-grants', { subjectKind: 'person', subject: id, ...grant }, root);
        const { token } = await post('/api/v1/sessions', { email, password });
        callers.set(name, { name, token, permissions: rolePermissions.viewer, modelGrants: [grant] });
      }
      const dataset = { name: 'none', version: 1 };
      for (const [recipe, inputs, params] of [
        ['tabular', { dataset }, { experiment: 'e', target: 't', positive: 'p' }],
        ['evaluate', { dataset, model: { name: 'none', version: '1' } }, { experiment: 'e' }],
      ] as const) {
        const job = await post('/api/v1/jobs', { recipe, inputs, params }, root);
        const { token } = await beginAttempt(platform.app, job.id);
        callers.set(`job ${recipe}`, { name: `job ${recipe}`, token, permissions: jobPermissions(recipe) });
      }
      callers.set('nobody', { name: 'nobody', token: null, permissions: null });
      callers.set('a stranger', { name: 'a stranger', token: 'assay_0000000000_nonsense', permissions: null });
    });

    const everybody = [
      ...roles,
      ...accounts,
      ...tokens,
      ...Object.keys(grants),
      'job tabular',
      'job evaluate',
      'nobody',
      'a stranger',
    ];
    it.each(everybody)('%s', async (name) => {
      const caller = callers.get(name);
      if (!caller) throw new Error(`${name} is nobody`);
      expect(await refusedWrongly(caller)).toEqual([]);
    });

    it('so a narrowed token enters less than its holder, and a scope gives nothing that the role has not', () => {
      for (const { role, scopes } of narrowed) {
        const all = entered.get(role);
        const some = [...(entered.get(`${role} within ${scopes.join(' ')}`) ?? [])];
        expect(some.filter((route) => all?.has(route) !== true)).toEqual([]);
        expect(some.length).toBeLessThan(all?.size ?? 0);
      }
    });

    it('and a grant opens what names models and nothing else', () => {
      const naming = new Set<string>(
        endpointsOf(platform.app)
          .filter(
            ({ models, permission }) => models !== undefined || permission === 'public' || permission === 'signed-in',
          )
          .flatMap(routesOf),
      );
      const viewer = entered.get('viewer') ?? new Set();
      const opened = (name: keyof typeof grants): string[] =>
        [...(entered.get(name) ?? [])].filter((route) => !viewer.has(route));
      expect(opened('viewer with a grant').filter((route) => !naming.has(route))).toEqual([]);
      expect(opened('viewer with a grant').length).toBeGreaterThan(15);
      expect(opened('viewer with a grant to read')).toEqual([]);
      expect(opened('viewer with a denial')).toEqual([]);
    });

    it('so viewers and auditors change nothing but their own account', () => {
      const own = new Set<string>(
        endpointsOf(platform.app)
          .filter(({ permission }) => permission === 'public' || permission === 'signed-in')
          .flatMap(routesOf),
      );
      for (const role of ['viewer', 'auditor']) {
        const changing = [...(entered.get(role) ?? [])].filter((route) => mayChange(route) && !own.has(route));
        expect(
          changing.filter(
            (route) =>
              !/\/(?:search|search-datasets|get-latest-versions|batchGetInfos|calculate-filter-correlation|traces\/metrics|graphql|dry-run)$/.test(
                route,
              ),
          ),
        ).toEqual([]);
      }
    });

    it('and deciding takes an approver, administering an administrator, reporting an evaluation its job', () => {
      const who = (route: string): string[] =>
        [...entered].filter(([, routes]) => routes.has(route)).map(([name]) => name);
      expect(who('POST /api/v1/promotions/:id/approve')).toEqual(['approver']);
      expect(who('POST /api/v1/promotions/:id/refuse')).toEqual(['approver']);
      expect(who('POST /api/v1/people')).toEqual(['admin', 'service account admin']);
      expect(who('POST /api/v1/evaluations')).toEqual(['job evaluate']);
      expect(who('POST /api/v1/policies')).toEqual([
        'local',
        'maintainer',
        'admin',
        'service account maintainer',
        'service account admin',
      ]);
    });
  });

  it('and nothing but the documentation is served beside the endpoints', () => {
    const declared = new Set<string>(endpointsOf(platform.app).flatMap(routesOf));
    const beside = routerRoutes(platform.app).filter(
      (route) => !declared.has(route) && !declared.has(route.replace(/^HEAD /, 'GET ')),
    );
    expect(
      beside.filter((route) => !/^(?:GET|HEAD) (?:\/docs(?:\/.*)?|\/api\/v1\/openapi\.json)$/.test(route)),
    ).toEqual([]);
  });

  /** Asks every endpoint as a caller, and tells where the answer isn't what the endpoint declares. */
  async function refusedWrongly(caller: Caller): Promise<string[]> {
    const wrong: string[] = [];
    const passed = new Set<string>();
    const endpoints = endpointsOf(platform.app);
    expect(endpoints.length).toBeGreaterThan(120);
    for (const endpoint of endpoints) {
      const paths = pathsOf(endpoint);
      // Mirrors and HEAD go to the same handler: the roles ask there too, whoever else comes asks each handler once.
      for (const path of everywhere.has(caller.name) ? paths : paths.slice(0, 1)) {
        const expected = expectedRefusal(endpoint, caller);
        const { status, text } = await ask(endpoint.method, path, endpoint, caller);
        const refusal = refusalOf(endpoint, status, text);
        if (refusal === null) passed.add(`${endpoint.method} ${path}`);
        if (refusal !== expected) wrong.push(`${endpoint.method} ${path}: ${status} ${text.slice(0, 200)}`);
        if (endpoint.method !== 'GET' || !everywhere.has(caller.name)) continue;
        const head = await ask('HEAD', path, endpoint, caller);
        if (head.status !== status) wrong.push(`HEAD ${path}: ${head.status}, but GET ${status}`);
      }
    }
    entered.set(caller.name, passed);
    return wrong;
  }

  /** A request that no handler can act on: what it names doesn't exist, and its body says nothing. */
  async function ask(
    method: string,
    path: string,
    endpoint: EndpointOptions,
    caller: Caller,
  ): Promise<{ status: number; text: string }> {
    const address = path.replaceAll(/:\w+/g, 'none').replace(/\*\w*$/, 'none');
    const body = mayChange(method)
      ? endpoint.streams
        ? { type: endpoint.streams[0] ?? '', text: '' }
        : { type: 'application/json', text: '{}' }
      : null;
    const answer = await fetch(`${platform.url}${address}`, {
      method,
      headers: {
        ...(caller.token === null ? {} : { authorization: `Bearer ${caller.token}` }),
        ...(body ? { 'content-type': body.type.replace('*/*', 'application/octet-stream') } : {}),
      },
      ...(body ? { body: body.text } : {}),
    });
    return { status: answer.status, text: await answer.text() };
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once
  async function post(path: string, body: object, token?: string): Promise<any> {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const answer = await fetch(`${platform.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
});

type Refusal = 'unknown' | 'not allowed' | null;

/** What an endpoint's declaration says of a caller. */
function expectedRefusal({ permission, models }: EndpointOptions, caller: Caller): Refusal {
  const { permissions } = caller;
  if (permission === 'public') return null;
  if (permissions === null) return 'unknown';
  if (permission === 'signed-in' || permissions.includes(permission)) return null;
  return models !== undefined && mayOnSomeModel(caller, permission) ? null : 'not allowed';
}

/** What the guard said; a handler refuses in words of its own. */
function refusalOf({ permission }: EndpointOptions, status: number, text: string): Refusal {
  if (status === 401) return 'unknown';
  // In JSON its quotes are escaped; OTLP says it in protobuf.
  const said = text.replaceAll('\\"', '"');
  return status === 403 && said.includes(`Permission denied: this needs "${permission}"`) ? 'not allowed' : null;
}

/** Routes as somebody would write them who forgot to declare them. */
@Controller()
class ForgetfulController {
  @Get('/api/v1/forgotten')
  read(): string {
    return 'read';
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/remembered',
    permission: 'registry:write',
    summary: 'One that is declared',
  })
  write(): string {
    return 'written';
  }
}

/** The same for whatever verb. */
@Controller('/api/2.0/mlflow')
class ForgetfulHeadController {
  @All('forgotten')
  read(): string {
    return 'anything';
  }
}

@Module({})
class ForgetfulModule {}

describe('a handler that declares nothing', () => {
  const database = testDatabase();

  it.each([ForgetfulController, ForgetfulHeadController])('stops the boot: %o', async (controller) => {
    const dataDir = mkdtempSync(join('/var/tmp', 'assay-e2e-'));
    const boot = bootTestPlatform(database.urls, dataDir, {
      modules: [{ module: ForgetfulModule, controllers: [controller] }],
      services: ['registry'],
    });
    await expect(boot).rejects.toThrow(`${controller.name}.read is routed but declares no permission`);
    rmSync(dataDir, { recursive: true, force: true });
  });
});
