// Long because policies, evaluations and promotions are tested together, on one seeded world of people, versions and data.
import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { JobTokens } from '@assay/platform/auth';
import { Clock } from '@assay/platform/database';
import { type TestAnswer, testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { RegistryModule } from '../registry.module.js';
import { PromotionWorld, type SeededPerson } from './promotion-world.builder.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const world = new PromotionWorld(database.query);

const digest = 'd'.repeat(64);
const people: Record<'eve' | 'ada' | 'bob' | 'max', SeededPerson | null> = {
  eve: null,
  ada: null,
  bob: null,
  max: null,
};
let count = 0;
let model = '';
let modelId = '';

function who(name: keyof typeof people): SeededPerson {
  const found = people[name];
  if (found === null) throw new Error(`${name} is not seeded yet`);
  return found;
}

function policyText(change: { approvals?: string; atLeast?: number; pointer?: string } = {}): string {
  return `policy: rules-of-${model}
guards: { models: [${model}], pointers: [${change.pointer ?? 'champion'}] }
evidence: { dataset: holdout, digest: "sha256:${digest}" }
gates:
  - { gate: metric-threshold, metric: auc, atLeast: ${change.atLeast ?? 0.72} }
  - { gate: group-gap, column: sex, metric: auc, atMost: 0.1 }
  - { gate: not-worse-than-holder, metric: auc, margin: 0.01 }
approvals: ${change.approvals ?? '[{ role: approver }]'}
`;
}

async function publish(change: Parameters<typeof policyText>[0] = {}): Promise<TestAnswer> {
  return platform.call('POST', '/api/v1/policies', { text: policyText(change) }, who('max').token);
}

/** Publishes a text over one that guards already: proposed, and accepted by Ada. */
async function publishAccepted(change: Parameters<typeof policyText>[0]): Promise<TestAnswer> {
  const proposed = await publish(change);
  const path = `/api/v1/policies/rules-of-${model}/proposals/${proposed.body.proposalId}/accept`;
  const signature = { comment: 'looked at it', credential: { password: who('ada').password } };
  return platform.call('POST', path, signature, who('ada').token);
}

async function evaluateToken(recipe = 'evaluate', version = 1): Promise<string> {
  const claims = {
    jobId: `job-${(count += 1)}`,
    epoch: 1,
    runId: null,
    recipe,
    onBehalfOf: who('eve').id,
    workspace: 'default',
  };
  const inputs = { model: { name: model, version: String(version) }, dataset: { name: 'holdout', version: 1 } };
  await world.runningJob(claims.jobId, recipe, inputs);
  return platform.get(JobTokens).issue(claims, platform.get(Clock).now());
}

async function evaluated(version: number, metrics: Record<string, number> = { auc: 0.78 }): Promise<TestAnswer> {
  const { facts } = anEvaluation({ version }, { model: { name: model, version: String(version) }, metrics });
  return platform.call('POST', '/api/v1/evaluations', facts, await evaluateToken('evaluate', version));
}

async function requested(version: number, as = who('eve').token): Promise<TestAnswer> {
  return platform.call(
    'POST',
    '/api/v1/promotions',
    { moves: [{ model, pointer: 'champion', version: String(version) }], reason: 'better' },
    as,
  );
}

function approve(id: string, by: SeededPerson, more: object = {}): Promise<TestAnswer> {
  return platform.call(
    'POST',
    `/api/v1/promotions/${id}/approve`,
    { comment: 'looked at it', credential: { password: by.password }, ...more },
    by.token,
  );
}

async function holder(): Promise<string | null> {
  const [row] = await database.query(`select version from registry.pointer where model_id = $1 and name = 'champion'`, [
    modelId,
  ]);
  return row?.['version'] === undefined || row['version'] === null ? null : String(row['version']);
}

async function refusals(id: string): Promise<string[]> {
  const rows = await database.query(
    `select record #>> '{after,why}' as why from audit.inbox where record ->> 'action' = 'registry.promotion.attempt-refused.v1' and record #>> '{target,id}' = $1 order by id`,
    [id],
  );
  return rows.map((row) => String(row['why']));
}

beforeAll(async () => {
  people.eve = await world.person('eve', ['contributor', 'approver']);
  people.ada = await world.person('ada', ['approver']);
  people.bob = await world.person('bob', ['approver', 'contributor']);
  people.max = await world.person('max', ['maintainer']);
  await world.dataset('holdout', digest);
});

beforeEach(async () => {
  model = `credit-${(count += 1)}`;
  modelId = await world.model(model);
  await world.version(modelId, 1, { registered: who('eve').id, trained: who('eve').id });
  await world.version(modelId, 2, { registered: who('eve').id, trained: who('eve').id });
});

describe('a policy', () => {
  it('guards its pointer from the moment it is published, whichever road is taken', async () => {
    expect((await publish()).status).toBe(200);
    const moved = await platform.call(
      'POST',
      '/api/2.0/mlflow/registered-models/alias',
      { name: model, alias: 'champion', version: '1' },
      who('eve').token,
    );
    expect(moved.status).toBe(403);
    expect(moved.body.error_code).toBe('PERMISSION_DENIED');
    expect(await holder()).toBeNull();
  });

  it('is refused with line and column where a name means nothing', async () => {
    const answer = await platform.call(
      'POST',
      '/api/v1/policies',
      { text: policyText().replace(`[${model}]`, '[nobody]').replace('ddd', 'eee') },
      who('max').token,
    );
    expect(answer.status).toBe(400);
    expect(answer.body.problems).toEqual([
      { line: 3, column: 39, message: expect.stringContaining('no version of the dataset') },
      { line: 2, column: 20, message: "there is no model 'nobody'" },
    ]);
  });

  it('is checked without effect by a dry run', async () => {
    const answer = await platform.call(
      'POST',
      '/api/v1/policies',
      { text: policyText(), dryRun: true },
      who('max').token,
    );
    expect(answer.body).toMatchObject({ version: 1, publishedBy: null });
    expect((await platform.call('GET', `/api/v1/policies/rules-of-${model}`, undefined, who('max').token)).status).toBe(
      404,
    );
  });

  it('counts versions, keeps old ones, and publishes the same text once', async () => {
    await publish();
    expect((await publish()).body.version).toBe(1);
    expect((await publishAccepted({ atLeast: 0.8 })).body).toMatchObject({ state: 'accepted', version: 2 });
    const old = await platform.call('GET', `/api/v1/policies/rules-of-${model}?version=1`, undefined, who('ada').token);
    expect(old.body).toMatchObject({ version: 1, current: false, text: policyText() });
  });

  it('can be published by maintainers only', async () => {
    expect((await platform.call('POST', '/api/v1/policies', { text: policyText() }, who('eve').token)).status).toBe(
      403,
    );
  });
});

describe('an evaluation', () => {
  it('is reported by a job of the recipe evaluate and by nobody else', async () => {
    const { facts } = anEvaluation({ version: 1 }, { model: { name: model, version: '1' } });
    for (const token of [who('eve').token, who('max').token, await evaluateToken('tabular')]) {
      expect((await platform.call('POST', '/api/v1/evaluations', facts, token)).status).toBe(403);
    }
    const recorded = await platform.call('POST', '/api/v1/evaluations', facts, await evaluateToken());
    expect(recorded.status).toBe(201);
    expect(recorded.body.slices[0].gaps.auc).toBeCloseTo(0.05, 12);
    const listed = await platform.call(
      'GET',
      `/api/v1/evaluations?model=${model}&version=1`,
      undefined,
      who('ada').token,
    );
    expect(listed.body.evaluations.map((each: { id: string }) => each.id)).toEqual([recorded.body.id]);
  });

  it('has one effect when a job repeats its report', async () => {
    const { facts } = anEvaluation({ version: 1 }, { model: { name: model, version: '1' } });
    const token = await evaluateToken();
    const first = await platform.call('POST', '/api/v1/evaluations', facts, token);
    expect((await platform.call('POST', '/api/v1/evaluations', facts, token)).body.id).toBe(first.body.id);
  });

  it('is refused on data that is not registered', async () => {
    const { facts } = anEvaluation(
      { version: 1 },
      { model: { name: model, version: '1' }, dataset: { name: 'holdout', version: 1, digest: 'f'.repeat(64) } },
    );
    expect((await platform.call('POST', '/api/v1/evaluations', facts, await evaluateToken())).status).toBe(400);
  });

  it('is refused where a text has no UTF-8 form', async () => {
    const { facts } = anEvaluation({ version: 1 }, { model: { name: model, version: '1' } });
    const odd = { ...facts, scores: { ...facts.scores, path: 'x\ud800' } };
    const answer = await platform.call('POST', '/api/v1/evaluations', odd, await evaluateToken());
    expect(answer.status).toBe(400);
  });

  it('never changes, also not by SQL as the service', async () => {
    const answer = await evaluated(1);
    const pg = await import('pg');
    const client = new pg.default.Client({ connectionString: database.urls.registry, options: '-c assay.workspace=*' });
    await client.connect();
    await expect(
      client.query('update registry.evaluation set digest = $1 where id = $2', ['x', answer.body.id]),
    ).rejects.toThrow(/permission denied/);
    await client.end();
  });
});

describe('a promotion request', () => {
  it('goes the whole way: gates, the engineer refused, the approver signs, the pointer moves', async () => {
    await publish();
    await evaluated(1);
    const opened = await requested(1);
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      state: 'awaiting_approval',
      moves: [{ model, pointer: 'champion', version: '1', expectedHolder: null, policies: [`rules-of-${model}`] }],
      missingApprovals: [{ policy: `rules-of-${model}`, approver: 'approver', count: 1, next: true }],
    });
    expect(opened.body.gates.map((gate: { outcome: string }) => gate.outcome)).toEqual(['passed', 'passed', 'passed']);

    const own = await approve(opened.body.id, who('eve'));
    expect(own.status).toBe(403);
    expect(own.body.detail).toContain('somebody else');
    expect(await refusals(opened.body.id)).toEqual(['four-eyes']);
    expect(await holder()).toBeNull();

    const done = await approve(opened.body.id, who('ada'));
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({
      state: 'applied',
      decisions: [{ by: { id: who('ada').id, name: 'ada' }, role: 'approver', credential: 'password', voided: false }],
    });
    expect(await holder()).toBe('1');
    const [move] = await database.query(
      'select via, request_id, evidence from registry.pointer_move where model_id = $1',
      [modelId],
    );
    expect(move).toMatchObject({ via: 'promotion', request_id: opened.body.id });
    expect(move?.['evidence']).toContain(opened.body.binding);
    expect((await approve(opened.body.id, who('bob'))).status).toBe(409);
  });

  it('is refused with its reasons where a gate fails, and that is kept', async () => {
    await publish();
    await evaluated(1, { auc: 0.6 });
    const opened = await requested(1);
    expect(opened.body.state).toBe('refused');
    expect(opened.body.outcome).toContain('auc at least 0.72, but auc is 0.6');
    expect((await approve(opened.body.id, who('ada'))).status).toBe(409);
    const kept = await database.query(
      `select record ->> 'outcome' as outcome from audit.inbox where record ->> 'action' = 'registry.promotion.gates-refused.v1' and record #>> '{target,id}' = $1`,
      [opened.body.id],
    );
    expect(kept).toEqual([{ outcome: 'refused' }]);
  });

  it('is refused for a version that was trained on the pinned data', async () => {
    await publish();
    await world.trainedOn(
      await world.version(modelId, 3, { registered: who('eve').id, trained: who('eve').id }),
      digest,
    );
    await evaluated(3);
    expect((await requested(3)).body.outcome).toContain('trained on the pinned data');
  });

  it('waits for its evidence, which lets it go on by itself', async () => {
    await publish();
    const opened = await requested(1);
    expect(opened.body.state).toBe('checking');
    expect((await approve(opened.body.id, who('ada'))).status).toBe(409);
    await evaluated(1);
    const now = await platform.call('GET', `/api/v1/promotions/${opened.body.id}`, undefined, who('ada').token);
    expect(now.body.state).toBe('awaiting_approval');
  });

  it('can be signed with a token of one’s own, never with a wrong or another’s credential', async () => {
    await publish();
    await evaluated(1);
    const { body } = await requested(1);
    for (const credential of [
      { password: 'wrong password' },
      { token: who('bob').token },
      { password: who('bob').password },
    ]) {
      expect((await approve(body.id, who('ada'), { credential })).status).toBe(403);
    }
    expect(await refusals(body.id)).toEqual(['credential', 'credential', 'credential']);
    expect((await approve(body.id, who('ada'), { credential: { token: who('ada').token } })).body.state).toBe(
      'applied',
    );
  });

  it('bars whoever trained or requested as much as who registered', async () => {
    await publish();
    await world.version(modelId, 3, { registered: who('eve').id, trained: who('bob').id });
    await evaluated(3);
    const { body } = await requested(3);
    expect(body.mayNotApprove.map(({ name }: { name: string }) => name).toSorted()).toEqual(['bob', 'eve']);
    expect((await approve(body.id, who('bob'))).status).toBe(403);
    expect((await approve(body.id, who('ada'))).status).toBe(200);
  });

  it('voids what was signed when the evidence changes', async () => {
    await publish({ approvals: '[{ role: approver, count: 2 }]' });
    const third = await world.person(`dan-${model}`, ['approver']);
    await evaluated(1);
    const { body } = await requested(1);
    expect((await approve(body.id, who('ada'))).body).toMatchObject({
      state: 'awaiting_approval',
      missingApprovals: [{ approver: 'approver', count: 1 }],
    });
    expect((await approve(body.id, who('ada'))).status).toBe(409);
    await evaluated(1, { auc: 0.8 });
    const changed = await platform.call('GET', `/api/v1/promotions/${body.id}`, undefined, who('ada').token);
    expect(changed.body.binding).not.toBe(body.binding);
    expect(changed.body.decisions[0].voided).toBe(true);
    expect((await approve(body.id, third, { binding: body.binding })).status).toBe(409);
    expect((await approve(body.id, third)).body.state).toBe('awaiting_approval');
    expect((await approve(body.id, who('ada'))).body.state).toBe('applied');
  });

  it('stays bound to the policy text that it was opened under', async () => {
    await publish();
    await evaluated(1);
    const { body } = await requested(1);
    expect((await publishAccepted({ atLeast: 0.99 })).body.state).toBe('accepted');
    expect((await approve(body.id, who('ada'))).body).toMatchObject({ state: 'applied', policies: [{ version: 1 }] });
  });

  it('is superseded when another one moves the pointer, and a worse challenger is refused', async () => {
    await publish();
    await evaluated(1);
    await evaluated(2, { auc: 0.75 });
    const one = (await requested(1)).body;
    const two = (await requested(2)).body;
    await approve(one.id, who('ada'));
    expect((await platform.call('GET', `/api/v1/promotions/${two.id}`, undefined, who('ada').token)).body.state).toBe(
      'superseded',
    );
    const again = await requested(2);
    expect(again.body.state).toBe('refused');
    expect(again.body.outcome).toContain("not worse than the holder's by more than 0.01");
  });

  it('ends by itself when its time is over or its version is deleted', async () => {
    await publish();
    await evaluated(1);
    await evaluated(2);
    const late = (await requested(1)).body;
    await database.query(
      `begin; set local session_replication_role = replica; update registry.promotion set expires_at = now() where id = '${late.id}'; commit;`,
    );
    expect((await approve(late.id, who('ada'))).body).toMatchObject({ state: 'expired' });
    const gone = (await requested(2)).body;
    await database.query(
      `begin; set local session_replication_role = replica; update registry.model_version set deleted_at = now() where model_id = '${modelId}' and version = 2; commit;`,
    );
    const answer = await approve(gone.id, who('ada'));
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ state: 'superseded', outcome: 'version 2 was deleted' });
  });

  it('names what it expects to replace, and shows the holder where that is wrong', async () => {
    await publish();
    await evaluated(1);
    const answer = await platform.call(
      'POST',
      '/api/v1/promotions',
      { moves: [{ model, pointer: 'champion', version: '1', expectedHolder: '2' }], reason: 'x' },
      who('eve').token,
    );
    expect(answer.status).toBe(409);
    expect(answer.body.holder).toBeNull();
  });

  it('is opened once per version, for sealed versions of guarded pointers only', async () => {
    expect((await requested(1)).status).toBe(409);
    await publish();
    await evaluated(1);
    expect((await requested(1)).status).toBe(201);
    expect((await requested(1)).status).toBe(409);
    await world.version(modelId, 4, { registered: who('eve').id, trained: who('eve').id }, 'external');
    expect((await requested(4)).status).toBe(409);
    expect((await requested(9)).status).toBe(404);
  });

  it('can be refused by an approver and withdrawn by whoever asked', async () => {
    await publish();
    await evaluated(1);
    await evaluated(2);
    const one = (await requested(1)).body;
    const refused = await platform.call(
      'POST',
      `/api/v1/promotions/${one.id}/refuse`,
      { comment: 'not yet', credential: { password: who('ada').password } },
      who('ada').token,
    );
    expect(refused.body).toMatchObject({ state: 'refused', decisions: [{ decision: 'refuse' }] });
    const two = (await requested(2)).body;
    expect((await platform.call('POST', `/api/v1/promotions/${two.id}/withdraw`, {}, who('bob').token)).status).toBe(
      403,
    );
    expect(
      (await platform.call('POST', `/api/v1/promotions/${two.id}/withdraw`, {}, who('eve').token)).body.state,
    ).toBe('withdrawn');
    expect((await approve(two.id, who('ada'))).status).toBe(409);
    const listed = await platform.call(
      'GET',
      '/api/v1/promotions?pointer=champion&limit=2',
      undefined,
      who('ada').token,
    );
    expect(listed.body.promotions).toMatchObject([
      { id: two.id, state: 'withdrawn', policies: [{ name: one.policies[0].name }], decisions: [] },
      {
        id: one.id,
        state: 'refused',
        policies: [{ name: one.policies[0].name }],
        decisions: [{ by: { id: who('ada').id } }],
      },
    ]);
  });
});

describe('the database itself', () => {
  async function asService(
    sql: (client: { query: (text: string, values?: unknown[]) => Promise<unknown> }) => Promise<void>,
  ): Promise<void> {
    const pg = await import('pg');
    const client = new pg.default.Client({ connectionString: database.urls.registry, options: '-c assay.workspace=*' });
    await client.connect();
    try {
      await client.query('begin');
      await sql(client);
      await client.query('commit');
    } finally {
      await client.end();
    }
  }

  it('refuses an author’s approval, an unapproved end, and a guarded move, written as the service itself', async () => {
    await publish();
    await evaluated(1);
    const { body } = await requested(1);
    const decide = (actor: string) =>
      asService(async (client) => {
        await client.query(
          `insert into registry.promotion_decision (id, promotion_id, decision, actor_id, role, comment, credential, binding, decided_at, counts)
             values ($1, $2, 'approve', $3, 'approver', '', 'password', $4, now(), '{}')`,
          [`d-${actor}`, body.id, actor, body.binding],
        );
      });
    await expect(decide(who('eve').id)).rejects.toThrow(/may not approve/);
    await expect(decide(who('ada').id)).rejects.toThrow(/no audit record/);
    const apply = asService(
      async (client) =>
        void (await client.query(`update registry.promotion set state = 'applied' where id = $1`, [body.id])),
    );
    await expect(apply).rejects.toThrow(/every approval/);
    const rebind = asService(
      async (client) =>
        void (await client.query(`update registry.promotion set may_not_approve = '[]' where id = $1`, [body.id])),
    );
    await expect(rebind).rejects.toThrow(/permission denied/);
    const move = asService(async (client) => {
      await client.query(`insert into audit.inbox (id, covers, record, personal) values ($1, $2, '{}', '{}')`, [
        `forged-${body.id}`,
        JSON.stringify([['registry.pointer', modelId, 'champion']]),
      ]);
      await client.query(
        `insert into registry.pointer (model_id, name, version, sequence, moved_at) values ($1, 'champion', 1, 1, now())`,
        [modelId],
      );
    });
    await expect(move).rejects.toThrow(/approved request only/);
    expect(await holder()).toBeNull();
  });
});

describe('many at once', () => {
  it('gives fifty approvers of rival requests exactly one winner, and every loser an end', async () => {
    await publish();
    const approvers = [who('ada'), who('bob')];
    for (let each = 0; each < 3; each += 1)
      approvers.push(await world.person(`approver-${model}-${each}`, ['approver']));
    const requests: string[] = [];
    for (let version = 11; version <= 20; version += 1) {
      await world.version(modelId, version, { registered: who('eve').id, trained: who('eve').id });
      await evaluated(version);
      requests.push((await requested(version)).body.id);
    }
    // Each approver signs with a token: fifty argon2 runs would only measure the hash.
    const move = (version: number) =>
      platform.call(
        'POST',
        '/api/2.0/mlflow/registered-models/alias',
        { name: model, alias: 'champion', version: String(version) },
        who('eve').token,
      );
    const [answers, movers] = await Promise.all([
      Promise.all(
        requests.flatMap((id) => approvers.map((by) => approve(id, by, { credential: { token: by.token } }))),
      ),
      Promise.all(Array.from({ length: 20 }, (_, index) => move(11 + (index % 10)))),
    ]);
    expect(answers).toHaveLength(50);
    // The one that asks for the version which the winner has just put there changes nothing, so it may succeed.
    const won = await holder();
    expect(movers.filter(({ status }, index) => status !== 403 && String(11 + (index % 10)) !== won)).toEqual([]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    const states = await database.query(
      `select state, count(*)::int as count from registry.promotion
         where id in (select promotion_id from registry.promotion_move where model_id = $1) group by state order by state`,
      [modelId],
    );
    expect(states).toEqual([
      { state: 'applied', count: 1 },
      { state: 'superseded', count: 9 },
    ]);
    const moves = await database.query('select sequence from registry.pointer_move where model_id = $1', [modelId]);
    expect(moves).toHaveLength(1);
  });
});
