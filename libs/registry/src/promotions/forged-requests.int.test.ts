import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';
import { decision, move, recorded, ServiceSql, step, type Statement } from './service-sql.builder.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const governed = new GovernedModel(database, platform);
const sql = new ServiceSql(database);
const breakGlass = 'breakGlass: { role: maintainer, expiresAfter: 4h, review: { role: approver, within: 8h } }';

let count = 0;
let model = '';
let modelId = '';
let request = { id: '', binding: '' };

const person = (name: string): string => governed.person(name).id;
const opened = async (id: string): Promise<typeof request> => {
  const { body } = await platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person('ada').token);
  return { id, binding: body.binding };
};
const signed = (by = person('ada')): Statement[] => decision({ id: `d-${request.id}-${by}`, request, by });
const champion = (version: number, named: string | null, via?: string, by?: string): Statement[] =>
  move({
    modelId,
    pointer: 'champion',
    version,
    request: named,
    ...(via === undefined ? {} : { via }),
    ...(by === undefined ? {} : { by }),
  });

/** An emergency move's own rows, without the move. */
const broken = (id: string, version: number, from: number | null, at = 'now()'): Statement[] => [
  recorded(['registry.break_glass', id], ['registry.break_glass_policy', id, 'PV']),
  [
    `insert into registry.break_glass (id, workspace, model_id, pointer, version, from_version, reason, broken_by, broken_at, expires_at, review_due_at)
       values ($1, 'default', $2, 'champion', $3, $4, 'r', $5, ${at}, ${at} + interval '4 hours', ${at} + interval '8 hours')`,
    id,
    modelId,
    version,
    from,
    person('max'),
  ],
];
const underItsRule = (id: string): Statement[] => [
  [
    `insert into registry.break_glass_policy (break_glass_id, policy_version_id)
       select $1, policy_version_id from registry.pointer_guard where model_id = $2 and pointer = 'champion'`,
    id,
    modelId,
  ],
  [
    `insert into audit.inbox (id, covers, record, personal)
       select $1 || random(), jsonb_build_array(jsonb_build_array('registry.break_glass_policy', $1::text, policy_version_id)), '{}', '{}'
         from registry.pointer_guard where model_id = $2 and pointer = 'champion'`,
    id,
    modelId,
  ],
];

beforeAll(async () => {
  await governed.cast();
});

beforeEach(async () => {
  model = `forged-${(count += 1)}`;
  modelId = await governed.model(model, 2);
  await governed.guard(model, ['champion', 'stage:Production'], 1, breakGlass);
  request = await opened(await governed.request(model, 'champion', 1));
});

describe('SQL as the service itself', () => {
  it('names no request in the ledger but the one that makes the move, and an emergency only for its own', async () => {
    expect((await governed.approve(request.id, 'ada')).body.state).toBe('applied');
    const glass = `b-${model}`;
    const atOnce = [...broken(glass, 2, 1), ...underItsRule(glass)];
    for (const [named, via] of [
      [request.id, 'promotion'],
      [request.id, 'rollback'],
      [request.id, 'break-glass'],
      [null, 'break-glass'],
      [null, 'alias'],
      [glass, 'promotion'],
    ] as const)
      await expect(sql.run(...atOnce, ...champion(2, named, via, person('max'))), `${named} ${via}`).rejects.toThrow(
        /names the request/,
      );
    await expect(sql.run(...atOnce, ...champion(2, glass, 'break-glass', person('eve')))).rejects.toThrow(
      /names the request/,
    );
    const free = move({ modelId, pointer: 'sandbox', version: 2, request: request.id });
    await expect(sql.run(...free)).rejects.toThrow(/names the request/);
    await sql.run(...atOnce, ...champion(2, glass, 'break-glass', person('max')));
  });

  it('asks for no version but as it was sealed', async () => {
    const planted = (digest: string): Statement[] => [
      recorded(['registry.promotion', 'planted'], ['registry.promotion_move', 'planted', '0']),
      [
        `insert into registry.promotion select (jsonb_populate_record(p, '{"id": "planted", "state": "open"}')).* from registry.promotion p where id = $1`,
        request.id,
      ],
      [
        `insert into registry.promotion_move (promotion_id, position, model_id, pointer, version, expected_holder, manifest_digest)
           values ('planted', 0, $1, 'champion', 1, null, ${digest})`,
        modelId,
      ],
    ];
    await expect(sql.run(...planted(`'${'f'.repeat(64)}'`))).rejects.toThrow(/as it was sealed/);
    await sql.run(
      ...planted(`(select manifest_digest from registry.model_version where model_id = $1 and version = 1)`),
    );
  });

  it('applies no request whose time is over, whatever time it writes', async () => {
    const all = [...step(request.id, 'approved'), ...step(request.id, 'applied'), ...champion(1, request.id)];
    await sql.run(...signed());
    const age = (by: string) =>
      database.query(
        `begin; set local session_replication_role = replica; update registry.promotion set noted_at = noted_at - interval '${by}' where id = '${request.id}'; commit;`,
      );
    await age('14 days 2 minutes');
    await expect(sql.run(...all)).rejects.toThrow(/time of a request is over/);
    await age('-1 day');
    await sql.run(...all);
  });

  it('applies no request whose gates have not passed, or are not the ones that were signed', async () => {
    const rows = await database.query(`select gates from registry.promotion where id = $1`, [request.id]);
    const gates = JSON.stringify(rows[0]?.['gates']);
    const applied = (written: string): Statement[] => [
      ...signed(),
      recorded(['registry.promotion', request.id]),
      [
        `update registry.promotion set gates = $2, state = 'applied', updated_at = now() where id = $1`,
        request.id,
        written,
      ],
      ...champion(1, request.id),
    ];
    for (const outcome of ['missing', 'failed'])
      await expect(sql.run(...applied(gates.replace('passed', outcome)))).rejects.toThrow(/every gate of its policies/);
    await expect(sql.run(...applied('[]'))).rejects.toThrow(/every gate of its policies/);
    await expect(sql.run(...applied(gates.replace('"gate":"metric-threshold"', '"gate":"script"')))).rejects.toThrow(
      /every gate of its policies/,
    );
    const [digest = ''] = /[0-9a-f]{64}/.exec(gates) ?? [];
    expect(digest).not.toBe('');
    await expect(sql.run(...applied(gates.replace(digest, 'e'.repeat(64))))).rejects.toThrow(
      /what its approvers signed/,
    );
    await sql.run(...applied(gates));
  });

  it('breaks no glass beside an overdue review, whatever time it writes', async () => {
    const glass = `b-${model}`;
    const first = [
      ...broken(glass, 1, null),
      ...underItsRule(glass),
      ...champion(1, glass, 'break-glass', person('max')),
    ];
    await sql.run(...first);
    await database.query(
      `begin; set local session_replication_role = replica; update registry.break_glass set noted_at = noted_at - interval '5 hours' where id = '${glass}'; commit;`,
    );
    for (const at of [`now() - interval '1 year'`, 'now()', `now() + interval '1 hour'`])
      await expect(sql.run(...broken(`${glass}-2`, 2, 1, at))).rejects.toThrow(/overdue review/);
  });

  it('holds a role or belongs to a group since before now by no words of its own', async () => {
    const late = await governed.join(`late-${model}`, ['viewer']);
    await sql.run(recorded(['access.membership', late.id, 'default', 'approver']), [
      `insert into access.membership (person_id, workspace, role, granted_at) values ($1, 'default', 'approver', now() - interval '1 year')`,
      late.id,
    ]);
    await expect(sql.run(...signed(late.id))).rejects.toThrow(/has held since before/);
    // A request that pretends to come later than it does gains nothing either.
    await database.query(
      `begin; set local session_replication_role = replica; update registry.promotion set requested_at = now() + interval '1 year' where id = '${request.id}'; commit;`,
    );
    await expect(sql.run(...signed(late.id))).rejects.toThrow(/has held since before/);
    await sql.run(...signed());
  });

  it('frees no guarded model’s name and moves no guarded stage beside its pointer', async () => {
    const covered = recorded(['registry.registered_model', modelId]);
    for (const change of [`name = 'other-' || name`, 'deleted_at = now()'])
      await expect(
        sql.run(covered, [`update registry.registered_model set ${change} where id = $1`, modelId]),
      ).rejects.toThrow(/keeps its name/);
    const staged = (stage: string): Statement[] => [
      recorded(['registry.model_version', modelId, '2']),
      ['update registry.model_version set stage = $2 where model_id = $1 and version = 2', modelId, stage],
    ];
    await expect(sql.run(...staged('Production'))).rejects.toThrow(/guarded stage/);
    await sql.run(...staged('Staging'));
    await expect(
      sql.run(recorded(['registry.model_version', modelId, '3']), [
        `insert into registry.model_version select (jsonb_populate_record(v, '{"version": 3, "stage": "Production"}')).*
           from registry.model_version v where model_id = $1 and version = 2`,
        modelId,
      ]),
    ).rejects.toThrow(/guarded stage/);
    await governed.promote(model, 'stage:Production', 2);
    await expect(sql.run(...staged('Archived'))).rejects.toThrow(/guarded stage/);
  });

  it('drops no guard by a change of a policy whose text keeps it', async () => {
    const text = `policy: rules-of-${model}
guards: { models: [${model}], pointers: ["champion", "stage:Production"] }
evidence: { dataset: holdout, digest: "sha256:${'d'.repeat(64)}" }
gates: [{ gate: metric-threshold, metric: auc, atLeast: 0.71 }]
approvals: [{ role: approver }]`;
    const proposed = await platform.call('POST', '/api/v1/policies', { text }, governed.person('max').token);
    expect(proposed.body.state).toBe('proposed');
    await database.query(
      `begin; set local session_replication_role = replica; update registry.policy_proposal set guards = '[]', drops = '[]'
         where policy_id in (select policy_id from registry.pointer_guard where model_id = '${modelId}'); commit;`,
    );
    const { password, token } = governed.person('ada');
    const of = `/api/v1/policies/rules-of-${model}/proposals/${proposed.body.proposalId}/accept`;
    const accepted = await platform.call('POST', of, { comment: 'yes', credential: { password } }, token);
    expect([accepted.status, accepted.body.state]).toEqual([200, 'accepted']);
    const guards = await database.query('select pointer from registry.pointer_guard where model_id = $1 order by 1', [
      modelId,
    ]);
    expect(guards.map(({ pointer }) => pointer)).toEqual(['champion', 'stage:Production']);
  });

  it('gives types of the session’s own no say in what the database checks', async () => {
    const client = await sql.connect();
    try {
      await client.query(`create function pg_temp.seen(pg_catalog.text) returns boolean language plpgsql as $$
        begin raise exception 'ran as %', current_user; end $$`);
      await client.query('create domain pg_temp.text as pg_catalog.text check (pg_temp.seen(value))');
      await client.query('begin');
      for (const [text, ...values] of [
        ...signed(),
        ...step(request.id, 'approved'),
        ...step(request.id, 'applied'),
        ...champion(1, request.id),
      ])
        await client.query(text.replaceAll('::text', '::pg_catalog.text'), values);
      await client.query('commit');
    } finally {
      await client.end();
    }
  });

  describe('beside another transaction', () => {
    let clients: Awaited<ReturnType<ServiceSql['connect']>>[] = [];

    beforeEach(async () => {
      clients = [await sql.connect(), await sql.connect()];
      return async () => {
        for (const client of clients) await client.end();
      };
    });

    /** The first one's statements stay open until the second one waits for them; then both commit. */
    async function crossed(first: readonly Statement[], second: readonly Statement[]): Promise<void> {
      const [one, other] = clients;
      if (one === undefined || other === undefined) throw new Error('there are two connections');
      await one.query('begin');
      for (const [text, ...values] of first) await one.query(text, values);
      await other.query('begin');
      const late = (async () => {
        for (const [text, ...values] of second) await other.query(text, values);
        await other.query('commit');
      })();
      const settled = late.then(
        () => true,
        () => true,
      );
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      const seen = async () => await Promise.race([settled, database.query(waiting).then(({ length }) => length > 0)]);
      await expect.poll(seen, { timeout: 30_000 }).toBe(true);
      await one.query('commit');
      await late;
    }

    const refusal = (): Statement[] => decision({ id: `r-${request.id}`, request, by: person('bob'), kind: 'refuse' });
    const applied = (): Statement[] => [...signed(), ...step(request.id, 'applied'), ...champion(1, request.id)];

    it('applies nothing that somebody refuses at the same time', async () => {
      await expect(crossed(refusal(), applied())).rejects.toThrow(/every approval/);
    });

    it('refuses nothing that is applied at the same time', async () => {
      await expect(crossed(applied(), refusal())).rejects.toThrow(/has ended/);
    });
  });
});
