import { acrossWorkspaces } from '@assay/platform/database';
import { TokenCredentialReader } from '@assay/access-reads';
import { defaultEnvironments } from '@assay/contracts';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';
import { ReadServing } from './read-serving.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const governed = new GovernedModel(database, platform);
const call = (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object, as = 'max') =>
  platform.call(method, path, body, governed.person(as).token);

let count = 0;
let model = '';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  await governed.cast();
});

beforeEach(async () => {
  count += 1;
  model = `m${count}`;
  await governed.model(model, 3);
});

describe('what serves in an environment', () => {
  const serving = (environment: string, query = '') =>
    call('GET', `/api/v1/environments/${environment}/serving?model=${model}${query}`);

  it('is answered with who moved it, who approved it and under which rule', async () => {
    await governed.guard(model, ['champion'], 2);
    const id = await governed.request(model, 'champion', 1);
    await governed.approve(id, 'bob');
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
    const { body } = await serving('production');
    expect(body).toMatchObject({
      environment: defaultEnvironments[2],
      asOf: null,
      nextPageToken: null,
      serving: [
        {
          model,
          pointer: 'champion',
          version: '1',
          manifestDigest: '1'.padStart(64, 'a'),
          movedBy: { id: governed.person('ada').id, name: 'ada', kind: 'person', onBehalfOf: null },
          requestedBy: { id: governed.person('eve').id, name: 'eve' },
          via: 'promotion',
          reason: 'version 1 is better',
          requestId: id,
          approvals: [
            { by: { name: 'bob' }, role: 'approver', comment: 'bob looked at it' },
            { by: { name: 'ada' }, role: 'approver', comment: 'ada looked at it' },
          ],
          policies: [{ name: `rules-of-${model}`, version: 1 }],
        },
      ],
    });
    const [row] = body.serving;
    expect(row.approvals.every(({ at }: { at: string }) => Date.parse(at) <= Date.parse(row.movedAt))).toBe(true);
  });

  it('is answered for any instant, with the approvals of that move', async () => {
    await governed.guard(model, ['champion']);
    const first = await governed.promote(model, 'champion', 1);
    const since = (await serving('production')).body.serving[0].movedAt;
    const second = await governed.promote(model, 'champion', 2);
    const now = (await serving('production')).body.serving;
    expect(now).toMatchObject([{ version: '2', requestId: second }]);
    const before = new Date(Date.parse(now[0].movedAt) - 1).toISOString();
    for (const asOf of [since, before]) {
      const { body } = await serving('production', `&asOf=${asOf}`);
      expect(body.asOf).toBe(asOf);
      expect(body.serving).toMatchObject([{ version: '1', requestId: first, approvals: [{ by: { name: 'ada' } }] }]);
    }
    const never = new Date(Date.parse(since) - 1).toISOString();
    expect((await serving('production', `&asOf=${never}`)).body.serving).toEqual([]);
  });

  it('holds a model that was deleted since, where it asks for a time before that', async () => {
    await call('POST', '/api/2.0/mlflow/registered-models/alias', { name: model, alias: 'champion', version: '3' });
    const { movedAt } = (await serving('production')).body.serving[0];
    await call('DELETE', '/api/2.0/mlflow/registered-models/delete', { name: model });
    expect((await serving('production')).body.serving).toEqual([]);
    expect((await serving('production', `&asOf=${movedAt}`)).body.serving).toMatchObject([
      { version: '3', requestId: null, approvals: [], policies: [], movedBy: { name: 'max' } },
    ]);
  });

  it('comes page by page, each pointer once, in the environment that it belongs to', async () => {
    for (const alias of ['canary', 'shadow', 'blue', 'champion', 'challenger'])
      await call('POST', '/api/2.0/mlflow/registered-models/alias', { name: model, alias, version: '1' });
    const seen: string[] = [];
    for (let token = ''; ;) {
      const { body } = await serving('dev', `&limit=2${token === '' ? '' : `&pageToken=${token}`}`);
      seen.push(...body.serving.map(({ pointer }: { pointer: string }) => pointer));
      token = body.nextPageToken ?? '';
      if (token === '') break;
    }
    expect(seen).toEqual(['blue', 'canary', 'shadow']);
    expect((await serving('dev', '&pageToken=nonsense')).status).toBe(400);
  });

  it('leaves out the models that a grant hides from whoever asks, which are as unknown as none', async () => {
    await call('POST', '/api/2.0/mlflow/registered-models/alias', { name: model, alias: 'champion', version: '1' });
    const served = async (pattern: string, asked: { model?: string } = {}) => {
      const denied = actorNamed(`denied ${pattern}`, {
        modelGrants: [{ pattern, permissions: ['registry:read'], effect: 'deny' }],
      });
      const { serving: rows } = await platform
        .get(ReadServing)
        .execute(denied, { environment: 'production', limit: 500, ...asked });
      return rows.map((row) => row.model);
    };
    expect(await served('other-*')).toContain(model);
    expect(await served(`${model.slice(0, 1)}*`)).toEqual([]);
    await expect(served(model, { model })).rejects.toThrow(`Registered Model with name=${model} not found`);
  });

  it('of what is unknown is not found', async () => {
    expect((await serving('moon')).status).toBe(404);
    expect((await call('GET', '/api/v1/environments/production/serving?model=nobody')).status).toBe(404);
    expect((await serving('production', '&asOf=yesterday')).status).toBe(400);
  });
});

describe('environments', () => {
  const set = (environments: unknown, as = 'max') => call('PUT', '/api/v1/environments', { environments }, as);
  const list = async () => (await call('GET', '/api/v1/environments', undefined, 'eve')).body.environments;

  beforeEach(async () => {
    // As the owner: what one test guards must not bind the next one.
    await database.query(
      `set local session_replication_role = replica;
       delete from registry.pointer_guard; delete from registry.environment_alias; delete from registry.environment;
       delete from registry.environment_list`,
    );
  });

  it('are the default ones until the team sets its own, in its own order', async () => {
    expect(await list()).toEqual(defaultEnvironments);
    const own = [
      { name: 'sandbox', aliases: [] },
      { name: 'eu', aliases: ['champion', 'stage:Production'] },
      { name: 'us', aliases: ['us-champion'] },
    ];
    expect((await set(own)).body.environments).toEqual(own);
    const other = [
      own[0],
      { name: 'us', aliases: ['us-champion', 'us-shadow'] },
      { name: 'eu', aliases: ['champion'] },
    ];
    expect((await set(other)).body.environments).toEqual(other);
    expect(await list()).toEqual(other);
    const [record] = await database.query(
      `select covers, record from audit.inbox where record ->> 'action' = 'registry.environments.set.v1' order by id desc limit 1`,
    );
    expect(record?.['covers']).toHaveLength(5);
    expect((await set(other)).body.environments).toEqual(other);
    const records = await database.query(
      `select id from audit.inbox where record ->> 'action' = 'registry.environments.set.v1'`,
    );
    expect(records).toHaveLength(2);
  });

  it('decide where a pointer serves', async () => {
    await call('POST', '/api/2.0/mlflow/registered-models/alias', { name: model, alias: 'eu-live', version: '2' });
    await set([
      { name: 'test', aliases: [] },
      { name: 'eu', aliases: ['eu-live'] },
    ]);
    const of = async (environment: string) =>
      (await call('GET', `/api/v1/environments/${environment}/serving?model=${model}`)).body.serving;
    expect(await of('eu')).toMatchObject([{ pointer: 'eu-live', version: '2' }]);
    expect(await of('test')).toEqual([]);
    expect((await call('GET', `/api/v1/environments/production/serving`)).status).toBe(404);
  });

  it('are those of the time that is asked for', async () => {
    await call('POST', '/api/2.0/mlflow/registered-models/alias', { name: model, alias: 'live', version: '2' });
    const at = async (environment: string, asOf: string) => {
      const { status, body } = await call(
        'GET',
        `/api/v1/environments/${environment}/serving?model=${model}&asOf=${asOf}`,
      );
      return status === 200 ? [body.environment.aliases, body.serving.length] : status;
    };
    const { movedAt } = (await call('GET', `/api/v1/environments/dev/serving?model=${model}`)).body.serving[0];
    await set([
      { name: 'lab', aliases: [] },
      { name: 'eu', aliases: ['live'] },
    ]);
    const [first] = await database.query(
      `select sequence, set_by, to_char(set_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as set_at
         from registry.environment_list`,
    );
    expect(first).toMatchObject({ sequence: '1', set_by: governed.person('max').id });
    await set([
      { name: 'lab', aliases: ['live'] },
      { name: 'eu', aliases: ['eu-live'] },
    ]);
    const then = String(first?.['set_at']);
    const now = new Date(Date.now() + 60_000).toISOString();
    expect(await at('dev', movedAt)).toEqual([[], 1]);
    expect(await at('production', movedAt)).toEqual([defaultEnvironments[2]?.aliases, 0]);
    expect(await at('eu', movedAt)).toBe(404);
    expect(await at('eu', then)).toEqual([['live'], 1]);
    expect(await at('lab', then)).toEqual([[], 0]);
    expect(await at('production', then)).toBe(404);
    expect(await at('eu', now)).toEqual([['eu-live'], 0]);
    expect(await at('lab', now)).toEqual([['live'], 1]);
  });

  it('are, by SQL as the service, what their newest list says, and no list changes', async () => {
    await set([
      { name: 'lab', aliases: [] },
      { name: 'eu', aliases: ['live'] },
    ]);
    const pg = await import('pg');
    const asService = async (statement: string, covers: readonly (readonly string[])[]): Promise<void> => {
      const client = new pg.default.Client({
        connectionString: database.urls.registry,
        options: '-c assay.workspace=*',
      });
      await client.connect();
      try {
        await client.query('begin');
        await client.query(`insert into audit.inbox (id, covers, record, personal) values ($1, $2, '{}', '{}')`, [
          `forged-${statement}`.slice(0, 60),
          JSON.stringify(covers),
        ]);
        await client.query(statement);
        await client.query('commit');
      } finally {
        await client.end();
      }
    };
    await expect(
      asService(`delete from registry.environment_alias where alias = 'live'`, [
        ['registry.environment_alias', 'default', 'live'],
      ]),
    ).rejects.toThrow(/what their newest list says/);
    const list = (sequence: number, when: string) =>
      `insert into registry.environment_list values ('default', ${sequence}, '[]', 'nobody', ${when})`;
    await expect(asService(list(2, 'now()'), [['registry.environment_list', 'default', '2']])).rejects.toThrow(
      /what their newest list says/,
    );
    for (const [sequence, when] of [
      [3, 'now()'],
      [2, `now() - interval '1 day'`],
    ] as const)
      await expect(
        asService(list(sequence, when), [['registry.environment_list', 'default', String(sequence)]]),
      ).rejects.toThrow(/comes after the one before it/);
    for (const statement of [
      'update registry.environment_list set set_by = 1',
      'delete from registry.environment_list',
    ])
      await expect(asService(statement, [])).rejects.toThrow(/permission denied/);
  });

  it('are not taken from under a guarded pointer', async () => {
    await governed.guard(model, ['champion']);
    for (const wanted of [
      [{ name: 'dev', aliases: [] }],
      [
        { name: 'dev', aliases: [] },
        { name: 'production', aliases: ['stage:Production'] },
      ],
      [
        { name: 'dev', aliases: ['champion'] },
        { name: 'production', aliases: [] },
      ],
    ]) {
      const refused = await set(wanted);
      expect([refused.status, refused.body.pointer]).toEqual([409, 'champion']);
    }
    expect(await list()).toEqual(defaultEnvironments);
    const kept = [
      { name: 'lab', aliases: [] },
      { name: 'production', aliases: ['champion'] },
    ];
    expect((await set(kept)).status).toBe(200);
  });

  it('nor when the guarded pointer belongs to the first one only because nobody names it', async () => {
    await governed.guard(model, ['unnamed']);
    expect((await set([{ name: 'first', aliases: [] }, ...defaultEnvironments])).status).toBe(409);
    expect((await set([...defaultEnvironments, { name: 'last', aliases: [] }])).status).toBe(200);
  });

  it.each([
    ['none', []],
    [
      'one twice',
      [
        { name: 'a', aliases: [] },
        { name: 'a', aliases: [] },
      ],
    ],
    [
      'an alias twice',
      [
        { name: 'a', aliases: ['x'] },
        { name: 'b', aliases: ['x'] },
      ],
    ],
    ['an alias that is none', [{ name: 'a', aliases: ['a b'] }]],
    ['a name in capitals', [{ name: 'Production', aliases: [] }]],
    ['a field too many', [{ name: 'a', aliases: [], order: 1 }]],
  ])('refuse %s', async (_what, wanted) => {
    expect((await set(wanted)).status).toBe(400);
    expect(await list()).toEqual(defaultEnvironments);
  });

  it('are set by maintainers and administrators only', async () => {
    for (const name of ['eve', 'ada']) expect((await set(defaultEnvironments, name)).status).toBe(403);
  });
});
