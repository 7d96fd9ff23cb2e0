import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';
import {
  decision as forgedDecision,
  type ForgedDecision,
  move as forgedMove,
  recorded,
  ServiceSql,
  type Statement,
} from './service-sql.builder.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const governed = new GovernedModel(database, platform);

let count = 0;
let model = '';
let modelId = '';
let request = { id: '', binding: '', runId: '' };

const sql = new ServiceSql(database);
const asService = (...statements: readonly Statement[]) => sql.run(...statements);

function decision(id: string, by: string, more: Pick<ForgedDecision, 'voided' | 'kind' | 'as'> = {}): Statement[] {
  return forgedDecision({ id, by, request, ...more });
}

const state = (to: string): Statement => [
  'update registry.promotion set state = $2, updated_at = now() where id = $1',
  request.id,
  to,
];
const covered = (): Statement => recorded(['registry.promotion', request.id]);

async function holder(): Promise<unknown> {
  const rows = await database.query(`select version from registry.pointer where model_id = $1 and name = 'champion'`, [
    modelId,
  ]);
  return rows[0]?.['version'] ?? null;
}

beforeAll(async () => {
  await governed.cast();
  await governed.join('dan', ['approver']);
  await governed.join('uma', ['approver']);
  await governed.join('vic', ['viewer']);
});

beforeEach(async () => {
  model = `m${(count += 1)}`;
  modelId = await governed.model(model, 1);
  const dan = governed.person('dan').id;
  const eve = governed.person('eve').id;
  const runId = await governed.world.version(modelId, 2, { registered: eve, trained: dan });
  await governed.world.upload(modelId, 2, governed.person('uma').id);
  await governed.guard(model, ['champion', 'challenger', 'third']);
  const id = await governed.request(model, 'champion', 1);
  const { body } = await platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person('ada').token);
  request = { id, binding: body.binding, runId };
});

describe('SQL as the service itself, with forged records,', () => {
  const mayNot = /may not approve/;

  it('writes no approval of who registered, trained, uploaded or requested', async () => {
    await database.query(
      `begin; set local session_replication_role = replica; update registry.promotion_move set version = 2 where promotion_id = '${request.id}'; commit;`,
    );
    for (const author of ['eve', 'dan', 'uma'])
      await expect(asService(...decision(`d-${model}-${author}`, governed.person(author).id))).rejects.toThrow(mayNot);
    await asService(...decision(`d-${model}-ada`, governed.person('ada').id));
  });

  it('writes no approval of a program, of nobody, or of who holds no role for it, or has come to hold it since', async () => {
    await expect(asService(...decision('x', 'system'))).rejects.toThrow(/only people/);
    await expect(asService(...decision('x', 'local'))).rejects.toThrow(/only people/);
    await expect(asService(...decision('x', governed.person('vic').id))).rejects.toThrow(/has held since before/);
    const vic = governed.person('vic').id;
    await expect(
      asService(
        recorded(['access.membership', vic, 'default', 'approver']),
        [
          `insert into access.membership (person_id, workspace, role, granted_at) values ($1, 'default', 'approver', now())`,
          vic,
        ],
        ...decision('x', vic),
      ),
    ).rejects.toThrow(/has held since before/);
  });

  it('turns no refusal, void or other person’s decision into an author’s approval', async () => {
    const { eve, ada } = { eve: governed.person('eve').id, ada: governed.person('ada').id };
    await asService(...decision(`v-${model}`, eve, { voided: true }));
    const back: Statement = ['update registry.promotion_decision set voided_at = null where id = $1', `v-${model}`];
    await expect(asService(recorded(['registry.promotion_decision', `v-${model}`]), back)).rejects.toThrow(mayNot);
    await asService(...decision(`r-${model}`, eve, { kind: 'refuse' }));
    for (const change of [`decision = 'approve'`, `binding = 'x'`, `counts = '{}'`])
      await expect(
        asService([`update registry.promotion_decision set ${change} where id = $1`, `r-${model}`]),
      ).rejects.toThrow(/permission denied/);
    await asService(...decision(`a-${model}`, ada));
    await expect(
      asService(['update registry.promotion_decision set actor_id = $2 where id = $1', `a-${model}`, eve]),
    ).rejects.toThrow(/permission denied/);
    await expect(asService(['delete from registry.promotion_decision where id = $1', `r-${model}`])).rejects.toThrow(
      /permission denied/,
    );
  });

  it('rewrites no row that says who the authors are', async () => {
    for (const sql of [
      `update registry.promotion set may_not_approve = '[]' where id = $1`,
      `update registry.promotion set requested_by = 'ada' where id = $1`,
      `update registry.promotion set requested_at = now() where id = $1`,
      `update registry.promotion set opened_tx = pg_current_xact_id()::text where id = $1`,
      `update registry.promotion_move set version = 1 where promotion_id = $1`,
      `delete from registry.promotion_move where promotion_id = $1`,
      `update registry.promotion set applied_tx = pg_current_xact_id()::text where id = $1`,
      `delete from registry.promotion_policy where promotion_id = $1`,
      `update registry.promotion_policy set policy_version_id = 'x' where promotion_id = $1`,
    ])
      await expect(asService([sql, request.id]), sql).rejects.toThrow(/permission denied/);
    for (const sql of [
      `update registry.model_version set registered_by = 'x' where model_id = $1`,
      `update registry.model_version set run_id = 'x' where model_id = $1`,
      `update registry.policy_version set document = '{}' where id = $1`,
      `delete from registry.pointer_move where model_id = $1`,
    ])
      await expect(asService([sql, modelId]), sql).rejects.toThrow(/permission denied/);
    for (const sql of [
      `update tracking.run set created_by = 'x' where run_id = $1`,
      `update tracking.logged_model set created_by = 'x' where source_run_id = $1`,
      `delete from tracking.contributor where owner_id = $1`,
      `update tracking.contributor set actor_id = 'x' where owner_id = $1`,
      `delete from tracking.run where run_id = $1`,
    ])
      await expect(asService([sql, request.runId]), sql).rejects.toThrow(/permission denied/);
  });

  it('hides no uploader: removing or rewriting the file leaves its writer an author', async () => {
    const uma = governed.person('uma').id;
    await asService(['delete from tracking.file where owner_id = $1', request.runId]);
    const authors = await database.query('select registry.author_ids($1, 2) as id', [modelId]);
    expect(authors.map((row) => row['id'])).toContain(uma);
  });

  it('turns off no trigger and takes no owner’s place', async () => {
    const [owner] = await database.query('select current_user as name');
    for (const sql of [
      'set local session_replication_role = replica',
      'alter table registry.promotion_decision disable trigger all',
      'drop trigger promotion_decision_four_eyes on registry.promotion_decision',
      `set role ${String(owner?.['name'])}`,
      `create or replace function registry.author_ids(text, bigint) returns setof text language sql as 'select null::text'`,
      'truncate registry.promotion_decision',
    ])
      await expect(asService([sql]), sql).rejects.toThrow(/permission denied|must be owner|superuser/);
  });

  it('approves and applies no request without what its policy asks for', async () => {
    await expect(asService(covered(), state('approved'))).rejects.toThrow(/every approval/);
    await expect(asService(covered(), state('applied'))).rejects.toThrow(/every approval/);
    const eve = governed.person('eve').id;
    await expect(asService(covered(), ...decision('e', eve, { voided: true }), state('approved'))).rejects.toThrow(
      /every approval/,
    );
    const rebound: Statement = [`update registry.promotion set binding = $2 where id = $1`, request.id, 'f'.repeat(64)];
    await expect(
      asService(covered(), ...decision('a', governed.person('ada').id), rebound, state('approved')),
    ).rejects.toThrow(/every approval/);
    const planted: Statement = [
      `insert into registry.promotion select (jsonb_populate_record(p, '{"id": "planted", "state": "applied"}')).*
         from registry.promotion p where id = $1`,
      request.id,
    ];
    await expect(asService(recorded(['registry.promotion', 'planted']), planted)).rejects.toThrow(/every approval/);
  });

  it('applies nothing that somebody approved who has become an author since', async () => {
    const ada = governed.person('ada').id;
    await asService(...decision(`a-${model}`, ada));
    await governed.world.upload(modelId, 1, ada);
    await expect(asService(covered(), state('approved'))).rejects.toThrow(mayNot);
    await expect(asService(covered(), state('applied'))).rejects.toThrow(mayNot);
  });

  const move = (pointer: string, version: number, by: string | null = request.id): Statement[] =>
    forgedMove({ modelId, pointer, version, request: by });
  const applied = (): Statement[] => [
    ...decision(`a-${request.id}`, governed.person('ada').id),
    covered(),
    state('applied'),
  ];

  it('signs and voids nothing on a request that has ended', async () => {
    expect((await governed.approve(request.id, 'ada')).body.state).toBe('applied');
    await expect(asService(...decision(`late-${model}`, governed.person('bob').id))).rejects.toThrow(/has ended/);
    await expect(
      asService(['update registry.promotion_decision set voided_at = now() where promotion_id = $1', request.id]),
    ).rejects.toThrow(/has ended/);
  });

  it('moves no guarded pointer by a request that was applied before, or for another version', async () => {
    expect((await governed.approve(request.id, 'ada')).body.state).toBe('applied');
    await expect(asService(...move('champion', 2))).rejects.toThrow(/approved request only|in its own transaction/);
    expect(await holder()).toBe('1');
  });

  describe('a request for several moves', () => {
    beforeEach(async () => {
      await governed.world.version(modelId, 3, {
        registered: governed.person('eve').id,
        trained: governed.person('eve').id,
      });
      for (const version of [2, 3]) await governed.evaluate(model, version);
      const id = await governed.requestTogether([
        { model, pointer: 'champion', version: 3 },
        { model, pointer: 'challenger', version: 2 },
      ]);
      const { body } = await platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person('ada').token);
      request = { ...request, id, binding: body.binding };
    });

    it('makes every one of them or none, and no other', async () => {
      const both = [...move('champion', 3), ...move('challenger', 2)];
      await expect(asService(...both)).rejects.toThrow(/in its own transaction/);
      await expect(asService(...applied())).rejects.toThrow(/all of its moves or none/);
      await expect(asService(...applied(), ...move('champion', 3))).rejects.toThrow(/all of its moves or none/);
      await expect(asService(...applied(), ...move('champion', 3), ...move('challenger', 2, null))).rejects.toThrow(
        /all of its moves or none/,
      );
      await expect(asService(...applied(), ...both, ...move('third', 2))).rejects.toThrow(/in its own transaction/);
      await expect(
        asService(...applied(), ...move('champion', 2), ...move('champion', 3), ...move('challenger', 2)),
      ).rejects.toThrow(/in its own transaction|all of its moves or none/);
      expect(await holder()).toBeNull();
      await asService(...applied(), ...both);
      expect(await holder()).toBe('3');
    });

    it('counts no approval of an author of any of its versions', async () => {
      for (const author of ['eve', 'dan', 'uma'])
        await expect(asService(...decision(`d-${model}-${author}`, governed.person(author).id))).rejects.toThrow(
          mayNot,
        );
      const ada = governed.person('ada').id;
      await asService(...decision(`d-${model}`, ada));
      await governed.world.upload(modelId, 2, ada);
      await expect(asService(covered(), state('approved'))).rejects.toThrow(mayNot);
    });

    it('takes no move and no policy once it is open, and none that it was not opened with', async () => {
      const added = (position: number): Statement => [
        `insert into registry.promotion_move (promotion_id, position, model_id, pointer, version, expected_holder, manifest_digest)
           select promotion_id, $2, model_id, 'third', version, null, manifest_digest from registry.promotion_move where promotion_id = $1 and position = 0`,
        request.id,
        position,
      ];
      const bound: Statement = [
        `insert into registry.promotion_policy (promotion_id, position, policy_version_id)
           select promotion_id, 1 - position, policy_version_id from registry.promotion_policy where promotion_id = $1 limit 1`,
        request.id,
      ];
      for (const back of [[], [covered(), state('open')]])
        for (const [what, row] of [
          [added(2), ['registry.promotion_move', request.id, '2']],
          [bound, ['registry.promotion_policy', request.id, '1', 'x']],
        ] as const)
          await expect(asService(recorded(row), ...back, what)).rejects.toThrow(/come with it|when it is opened/);
    });
  });

  it('signs no line of approvals before those that the policy puts before it', async () => {
    await governed.guard(
      `${model}`,
      ['ordered'],
      '[{ role: maintainer }, { role: approver }]',
      'approvalOrder: in-order',
      `ordered-${model}`,
    );
    const id = await governed.request(model, 'ordered', 1);
    const { body } = await platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person('ada').token);
    request = { ...request, id, binding: body.binding };
    const [ada, max] = [governed.person('ada').id, governed.person('max').id];
    await expect(asService(...decision(`o-${id}`, ada))).rejects.toThrow(/comes after those/);
    await asService(...decision(`x-${id}`, max, { as: 'maintainer' }));
    await asService(...decision(`o-${id}`, ada));
  });
});
