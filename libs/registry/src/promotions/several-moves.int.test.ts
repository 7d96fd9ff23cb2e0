import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { type Database, acrossWorkspaces } from '@assay/platform/database';
import { type TestAnswer, testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';
import { ComposeMessages } from '../webhooks/compose-messages.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const governed = new GovernedModel(database, platform);

let count = 0;
let model = '';
let other = '';
let modelId = '';
let otherId = '';

const swap = () => [
  { model, pointer: 'champion', version: 2 },
  { model, pointer: 'challenger', version: 1 },
];

async function held(): Promise<Record<string, unknown>> {
  const rows = await database.query(
    `select m.name || '@' || p.name as pointer, p.version::int as version from registry.pointer p
       join registry.registered_model m on m.id = p.model_id where m.name in ($1, $2) order by 1`,
    [model, other],
  );
  return Object.fromEntries(rows.map((row) => [String(row['pointer']), row['version']]));
}

async function seen(id: string, by = 'ada'): Promise<TestAnswer> {
  return platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person(by).token);
}

function ask(moves: unknown, by = 'eve'): Promise<TestAnswer> {
  return platform.call('POST', '/api/v1/promotions', { moves, reason: 'these' }, governed.person(by).token);
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  await governed.cast();
  await governed.join('ria', ['approver']);
  await governed.world.group(governed.person('ria').id, 'risk');
  await governed.join('sam', ['approver']);
  await governed.world.denied(governed.person('sam').id, 'other-*');
});

beforeEach(async () => {
  count += 1;
  model = `credit-${count}`;
  other = `other-${count}`;
  modelId = await governed.model(model, 3);
  otherId = await governed.model(other, 2);
  await governed.guard(model, ['champion', 'challenger']);
});

describe('a request for several pointers', () => {
  it('swaps them in one step, approved once, with one record of the moves', async () => {
    await governed.promote(model, 'champion', 1);
    await governed.promote(model, 'challenger', 2);
    const id = await governed.requestTogether(swap());
    expect((await seen(id)).body).toMatchObject({
      state: 'awaiting_approval',
      moves: [
        { pointer: 'champion', version: '2', expectedHolder: '1', policies: [`rules-of-${model}`] },
        { pointer: 'challenger', version: '1', expectedHolder: '2' },
      ],
      gates: [
        { move: 0, outcome: 'passed' },
        { move: 1, outcome: 'passed' },
      ],
      missingApprovals: [{ approver: 'approver', count: 1 }],
    });
    expect((await governed.approve(id, 'ada')).body).toMatchObject({ state: 'applied' });
    expect(await held()).toEqual({ [`${model}@champion`]: 2, [`${model}@challenger`]: 1 });
    const records = await database.query(
      `select jsonb_array_length(record #> '{after,moves}') as moves from audit.inbox
         where record ->> 'action' = 'registry.pointer.moved.v1' and record #>> '{links,request}' = $1`,
      [id],
    );
    expect(records).toEqual([{ moves: 2 }]);
  });

  it('asks every policy of every pointer, each about its own move', async () => {
    await governed.guard(other, ['champion'], '[{ group: risk }]');
    const id = await governed.requestTogether([
      { model, pointer: 'champion', version: 1 },
      { model: other, pointer: 'champion', version: 2 },
    ]);
    const { body } = await seen(id);
    expect(body.policies.map(({ name }: { name: string }) => name)).toEqual([`rules-of-${model}`, `rules-of-${other}`]);
    expect(body.gates.map(({ move, policy }: { move: number; policy: string }) => [move, policy])).toEqual([
      [0, `rules-of-${model}`],
      [1, `rules-of-${other}`],
    ]);
    expect((await governed.approve(id, 'ada')).body.state).toBe('awaiting_approval');
    expect(await held()).toEqual({});
    expect((await governed.approve(id, 'ria')).body.state).toBe('applied');
    expect(await held()).toEqual({ [`${model}@champion`]: 1, [`${other}@champion`]: 2 });
    const told = await platform.call(
      'GET',
      `/api/v1/models/${other}/pointers/champion`,
      undefined,
      governed.person('ada').token,
    );
    expect(told.body.move).toMatchObject({ requestId: id, policyVersionIds: [expect.any(String)] });
    const serving = await platform.call(
      'GET',
      '/api/v1/environments/production/serving',
      undefined,
      governed.person('ada').token,
    );
    const approvers = serving.body.serving
      .filter((one: { model: string }) => one.model === model || one.model === other)
      .map((one: { approvals: { by: { name: string } }[] }) => one.approvals.map(({ by }) => by.name));
    expect(approvers).toEqual([['ada'], ['ria']]);
    expect(told.body.move.evidence).toEqual([
      body.binding,
      body.gates.find(({ move }: { move: number }) => move === 1).evidence[0].digest,
    ]);
  });

  it('waits as a whole where one version has no evidence yet', async () => {
    await governed.world.version(modelId, 4, {
      registered: governed.person('eve').id,
      trained: governed.person('eve').id,
    });
    const { body } = await ask([
      { model, pointer: 'champion', version: '1' },
      { model, pointer: 'challenger', version: '4' },
    ]);
    expect(body.state).toBe('checking');
    expect(body.gates.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['passed', 'missing']);
    expect((await governed.approve(body.id, 'ada')).status).toBe(409);
    expect(await held()).toEqual({});
  });

  it('is approved by no author of any of its versions', async () => {
    const bob = governed.person('bob').id;
    await governed.world.upload(modelId, 1, bob);
    const id = await governed.requestTogether(swap());
    const barred = (await seen(id)).body.mayNotApprove.map((each: { name: string }) => each.name);
    expect(barred.toSorted()).toEqual(['bob', 'eve']);
    const own = await governed.approve(id, 'bob');
    expect([own.status, own.body.detail]).toEqual([403, expect.stringContaining('somebody else')]);
    await governed.world.upload(modelId, 2, governed.person('ria').id);
    expect((await governed.approve(id, 'ria')).status).toBe(403);
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
  });

  it('moves nothing when one of the pointers has moved, and ends', async () => {
    const id = await governed.requestTogether(swap());
    await governed.promote(model, 'challenger', 3);
    expect((await seen(id)).body).toMatchObject({
      state: 'superseded',
      outcome: "the pointer 'challenger' has moved to version 3",
    });
    expect((await governed.approve(id, 'ada')).status).toBe(409);
    expect(await held()).toEqual({ [`${model}@challenger`]: 3 });
  });

  it('ends when a policy that it asked about one pointer comes to guard another of them', async () => {
    await governed.guard(other, ['champion'], 1, '', `rules-${count}`);
    const id = await governed.requestTogether([
      { model, pointer: 'champion', version: 1 },
      { model: other, pointer: 'champion', version: 1 },
    ]);
    const max = governed.person('max').token;
    const { body: rule } = await platform.call('GET', `/api/v1/policies/rules-${count}`, undefined, max);
    const text = rule.text.replace(`models: [${other}]`, `models: [${other}, ${model}]`);
    const { body: change } = await platform.call('POST', '/api/v1/policies', { text }, max);
    const accept = `/api/v1/policies/rules-${count}/proposals/${change.proposalId}/accept`;
    const signature = { comment: 'yes', credential: { password: governed.person('ada').password } };
    expect((await platform.call('POST', accept, signature, governed.person('ada').token)).status).toBe(200);
    const late = await governed.approve(id, 'ada');
    expect([late.status, late.body.detail]).toEqual([409, expect.stringContaining("guards 'champion' since")]);
    expect(await held()).toEqual({});
  });

  it('ends the requests that share a pointer with it, and leaves the others', async () => {
    await governed.guard(other, ['champion']);
    const [shares, stays] = [
      await governed.requestTogether([
        { model, pointer: 'challenger', version: 3 },
        { model: other, pointer: 'champion', version: 1 },
      ]),
      await governed.request(other, 'champion', 2),
    ];
    expect((await governed.approve(await governed.requestTogether(swap()), 'ada')).body.state).toBe('applied');
    expect((await seen(shares)).body.state).toBe('superseded');
    expect((await seen(stays)).body.state).toBe('awaiting_approval');
  });

  it('is one at a time: the same moves in another order are the same request, fewer of them another', async () => {
    const first = await governed.requestTogether(swap());
    const wanted = swap().map((move) => ({ ...move, version: String(move.version) }));
    const again = await ask(wanted.toReversed());
    expect([again.status, again.body.promotion]).toEqual([409, first]);
    expect((await ask(wanted.slice(1))).status).toBe(201);
  });

  it('needs every pointer guarded, each named once, each expectation right', async () => {
    const champion = { model, pointer: 'champion', version: '1' };
    for (const [moves, status] of [
      [[], 400],
      [[champion, champion], 400],
      [[champion, { model, pointer: 'sandbox', version: '1' }], 409],
      [[champion, { model, pointer: 'challenger', version: '2', expectedHolder: '1' }], 409],
      [[champion, { model: 'nobody', pointer: 'champion', version: '1' }], 404],
    ] as const)
      expect((await ask(moves)).status, JSON.stringify(moves)).toBe(status);
    expect(
      (await platform.call('GET', `/api/v1/promotions?model=${model}`, undefined, governed.person('ada').token)).body,
    ).toMatchObject({ promotions: [] });
  });

  it('is as unknown as its most hidden model', async () => {
    await governed.guard(other, ['champion']);
    const id = await governed.requestTogether([
      { model, pointer: 'champion', version: 1 },
      { model: other, pointer: 'champion', version: 1 },
    ]);
    expect((await seen(id, 'sam')).status).toBe(404);
    expect((await governed.approve(id, 'sam')).status).toBe(404);
    const listed = (by: string) =>
      platform.call('GET', `/api/v1/promotions?model=${model}`, undefined, governed.person(by).token);
    expect((await listed('sam')).body.promotions).toEqual([]);
    expect((await listed('ada')).body.promotions.map((each: { id: string }) => each.id)).toEqual([id]);
    const traced = async (by: string) => {
      const path = `/api/v1/lineage/model-version/${model}:1?direction=down`;
      const { body } = await platform.call('GET', path, undefined, governed.person(by).token);
      return body.nodes.filter(({ kind }: { kind: string }) => kind === 'promotion');
    };
    expect(await traced('sam')).toEqual([]);
    expect(await traced('ada')).toMatchObject([{ id, name: `${model}:1 to champion, ${other}:1 to champion` }]);
  });

  it('moves two stages of a model, where each version leaves and enters its own', async () => {
    await governed.guard(other, ['stage:Staging', 'stage:Production']);
    await governed.promote(other, 'stage:Staging', 1);
    const alone = await ask([{ model: other, pointer: 'stage:Production', version: '1' }]);
    expect([alone.status, alone.body.pointer]).toEqual([409, 'stage:Staging']);
    const id = await governed.requestTogether([
      { model: other, pointer: 'stage:Production', version: 1 },
      { model: other, pointer: 'stage:Staging', version: 2 },
    ]);
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
    expect(await held()).toEqual({ [`${other}@stage:Production`]: 1, [`${other}@stage:Staging`]: 2 });
    const stages = await database.query(
      'select version::int, stage from registry.model_version where model_id = $1 order by version',
      [otherId],
    );
    expect(stages).toEqual([
      { version: 1, stage: 'Production' },
      { version: 2, stage: 'Staging' },
    ]);
  });

  it('puts no version into two stages at once', async () => {
    await governed.guard(other, ['stage:Staging', 'stage:Production']);
    const { status, body } = await ask([
      { model: other, pointer: 'stage:Production', version: '1' },
      { model: other, pointer: 'stage:Staging', version: '1' },
    ]);
    expect([status, body.detail]).toEqual([400, expect.stringContaining('two stages')]);
  });

  it('ends a request for a stage whose version has come to hold another guarded one', async () => {
    await governed.guard(other, ['stage:Staging', 'stage:Production']);
    const id = await governed.requestTogether([{ model: other, pointer: 'stage:Production', version: 1 }]);
    await governed.promote(other, 'stage:Staging', 1);
    const { status, body } = await governed.approve(id, 'ada');
    expect([status, body.state, body.outcome]).toEqual([
      409,
      'superseded',
      expect.stringContaining("holds 'stage:Staging' since"),
    ]);
    expect(await held()).toEqual({ [`${other}@stage:Staging`]: 1 });
  });
});

it('is told to webhooks with each of its moves', async () => {
  const id = await governed.requestTogether([
    { model, pointer: 'champion', version: 1 },
    { model, pointer: 'challenger', version: 2 },
  ]);
  const event = {
    index: 1,
    id: 'record',
    time: new Date(),
    workspace: 'default',
    action: 'registry.promotion.requested.v1',
    outcome: 'success',
    actor: { id: 'eve', kind: 'person' },
    onBehalfOf: null,
    target: { type: 'promotion', id, version: null },
    before: null,
    after: null,
    links: {},
  };
  const messages = await platform
    .get<Database>('assay:database:registry')
    .read((tx) => platform.get(ComposeMessages).execute(tx, event));
  expect(messages.map(({ event: name }) => name)).toEqual(['promotion.requested']);
  expect(JSON.parse(messages[0]?.body ?? '').data).toMatchObject({
    model,
    moves: [
      { model, modelId, pointer: 'champion', from: null, to: '1' },
      { model, modelId, pointer: 'challenger', from: null, to: '2' },
    ],
  });
});

describe('requests that share pointers, decided all at once,', () => {
  it('move each pointer once, and no request by halves', async () => {
    await governed.guard(other, ['champion']);
    const pointers = [
      { model, pointer: 'champion' },
      { model, pointer: 'challenger' },
      { model: other, pointer: 'champion' },
    ];
    const ids: string[] = [];
    for (const version of ['1', '2'])
      for (const left of pointers) {
        const moves = pointers.filter((pointer) => pointer !== left).map((pointer) => ({ ...pointer, version }));
        ids.push((await ask(version === '1' ? moves : moves.toReversed())).body.id);
      }
    const answers = await Promise.all(ids.flatMap((id) => ['ada', 'bob', 'ria'].map((by) => governed.approve(id, by))));
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    const applied = answers.filter(({ status, body }) => status === 200 && body.state === 'applied');
    expect(applied).toHaveLength(1);
    const rows = await database.query(
      'select request_id, count(*)::int as count from registry.pointer_move where model_id in ($1, $2) group by 1',
      [modelId, otherId],
    );
    expect(rows).toEqual([{ request_id: applied[0]?.body.id, count: 2 }]);
  });
});
