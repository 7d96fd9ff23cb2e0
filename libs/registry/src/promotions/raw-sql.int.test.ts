import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';

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

type Statement = readonly [sql: string, ...values: unknown[]];

/** Statements in one transaction of the service's own role, each row covered by a record, as somebody would who knows the code. */
async function asService(...statements: readonly Statement[]): Promise<void> {
  const client = new pg.Client({ connectionString: database.urls.registry });
  await client.connect();
  try {
    await client.query('begin');
    for (const [sql, ...values] of statements) await client.query(sql, values);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

function recorded(...covers: readonly (readonly string[])[]): Statement {
  const id = `forged-${model}-${Math.random()}`;
  return [
    `insert into audit.inbox (id, covers, record, personal) values ($1, $2, '{}', '{}')`,
    id,
    JSON.stringify(covers),
  ];
}

function decision(id: string, by: string, more: { voided?: boolean; kind?: string } = {}): Statement[] {
  return [
    recorded(['registry.promotion_decision', id]),
    [
      `insert into registry.promotion_decision (id, promotion_id, decision, actor_id, role, comment, credential, binding, decided_at, voided_at, counts)
         select $1, $2, $6, $3, 'approver', 'c', 'password', $4, now(), case when $5::boolean then now() end,
           (select jsonb_object_agg(policy_version_id, 'approver') from registry.promotion_policy where promotion_id = $2)`,
      id,
      request.id,
      by,
      request.binding,
      more.voided ?? false,
      more.kind ?? 'approve',
    ],
  ];
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
  await governed.guard(model, ['champion']);
  const id = await governed.request(model, 'champion', 1);
  const { body } = await platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person('ada').token);
  request = { id, binding: body.binding, runId };
});

describe('SQL as the service itself, with forged records,', () => {
  const mayNot = /may not approve/;

  it('writes no approval of who registered, trained, uploaded or requested', async () => {
    await database.query(
      `begin; set local session_replication_role = replica; update registry.promotion set version = 2 where id = '${request.id}'; commit;`,
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
      `update registry.promotion set version = 1, requested_at = now() where id = $1`,
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
      `insert into registry.promotion select (jsonb_populate_record(p, '{"id": "planted", "state": "applied", "version": 2}')).*
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

  it('moves no guarded pointer by a request that was applied before, or for another version', async () => {
    expect((await governed.approve(request.id, 'ada')).body.state).toBe('applied');
    const move = (version: number): Statement[] => [
      recorded(['registry.pointer', modelId, 'champion'], ['registry.pointer_move', `m-${model}-${version}`]),
      [
        `insert into registry.pointer_move (id, model_id, pointer, sequence, from_version, to_version, via, actor_id, actor_kind, request_id, evidence, moved_at)
           select $1, model_id, name, sequence + 1, version, $3, 'promotion', 'eve', 'person', $4, '[]', moved_at + interval '1 second'
             from registry.pointer where model_id = $2`,
        `m-${model}-${version}`,
        modelId,
        version,
        request.id,
      ],
      [
        `update registry.pointer set version = $2, sequence = sequence + 1, moved_at = moved_at + interval '1 second' where model_id = $1`,
        modelId,
        version,
      ],
    ];
    await expect(asService(...move(2))).rejects.toThrow(/approved request only/);
    expect(await holder()).toBe('1');
  });
});
