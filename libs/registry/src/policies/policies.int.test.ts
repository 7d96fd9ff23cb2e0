// Long because proposals, several policies and environments are told on one seeded world of people, models and data.
import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { type TestAnswer, testDatabase, testPlatform } from '@assay/testing';
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
const digest = 'd'.repeat(64);
let count = 0;
let model = '';
let modelId = '';

interface Text {
  name?: string;
  guards?: string;
  atLeast?: number;
  approvals?: string;
  more?: string;
}

function text({
  name = 'rules',
  guards = 'pointers: [champion]',
  atLeast = 0.7,
  approvals,
  more = '',
}: Text = {}): string {
  return `policy: ${name}-of-${model}
guards: { models: [${model}], ${guards} }
evidence: { dataset: holdout, digest: "sha256:${digest}" }
gates: [{ gate: metric-threshold, metric: auc, atLeast: ${atLeast} }]
approvals: ${approvals ?? '[{ role: approver }]'}
${more}`;
}

function publish(of: Text = {}, as = 'max'): Promise<TestAnswer> {
  return platform.call('POST', '/api/v1/policies', { text: text(of), reason: 'as agreed' }, governed.person(as).token);
}

function proposal(id: string, what: string, as: string, body?: object, name = 'rules'): Promise<TestAnswer> {
  const { password, token } = governed.person(as);
  const path = `/api/v1/policies/${name}-of-${model}/proposals/${id}/${what}`;
  return platform.call('POST', path, body ?? { comment: 'looked at it', credential: { password } }, token);
}

async function guards(): Promise<string[]> {
  const rows = await database.query(
    `select g.pointer, p.name, v.version from registry.pointer_guard g join registry.policy_version v on v.id = g.policy_version_id
       join registry.policy p on p.id = v.policy_id where g.model_id = $1 order by g.pointer, p.name`,
    [modelId],
  );
  return rows.map((row) => `${row['pointer']} ${String(row['name']).replace(`-of-${model}`, '')} ${row['version']}`);
}

/** Statements in one transaction, as the service's own role, with a record that covers whatever is named. */
async function asService(statements: readonly string[], covers: readonly (readonly string[])[] = []): Promise<void> {
  const pg = await import('pg');
  const client = new pg.default.Client({ connectionString: database.urls.registry, options: '-c assay.workspace=*' });
  await client.connect();
  try {
    await client.query('begin');
    count += 1;
    await client.query(`insert into audit.inbox (id, covers, record, personal) values ($1, $2, '{}', '{}')`, [
      `forged-${count}`,
      JSON.stringify(covers),
    ]);
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await governed.cast();
  await governed.world.member('risk', governed.person('bob').id);
});

beforeEach(async () => {
  model = `credit-${(count += 1)}`;
  modelId = await governed.model(model, 3);
});

describe('a change of a policy that a program proposed', () => {
  it('is decided by nobody who made the program or a token of it', async () => {
    await publish({ approvals: '[{ role: approver, count: 2 }]' });
    const bot = `bot-${model}`;
    await governed.joinProgram(bot, { roles: ['maintainer'], madeBy: 'ada', tokenBy: 'bob' });
    const { proposalId } = (await publish({ atLeast: 0.1, approvals: '[{ role: approver, count: 2 }]' }, bot)).body;
    for (const maker of ['ada', 'bob']) {
      const refused = await proposal(proposalId, 'accept', maker);
      expect([refused.status, refused.body.detail]).toEqual([
        403,
        expect.stringContaining('A service account proposed'),
      ]);
      const decide = `insert into registry.policy_proposal_decision (id, proposal_id, decision, actor_id, approver, comment, credential, decided_at)
        values ('forged', '${proposalId}', 'accept', '${governed.person(maker).id}', 'approver', 'x', 'password', now())`;
      await expect(asService([decide], [['registry.policy_proposal_decision', 'forged']])).rejects.toThrow(
        'made the program',
      );
    }
    const { body } = await platform.call(
      'GET',
      `/api/v1/policies/rules-of-${model}/proposals/${proposalId}`,
      undefined,
      governed.person('ada').token,
    );
    expect(body.proposedBy.name).toBe(bot);
    expect(body.mayNotAccept.map(({ name }: { name: string }) => name).toSorted()).toEqual(['ada', 'bob', bot]);
  });
});

describe('a change of a policy that guards something', () => {
  it('waits until an approver of the version that holds has accepted it', async () => {
    expect((await publish()).body).toMatchObject({ state: 'published', version: 1, proposalId: null, warnings: [] });
    const proposed = await publish({ atLeast: 0.1 });
    expect(proposed.body).toMatchObject({ state: 'proposed', version: 2, current: false, publishedBy: null });
    expect(await guards()).toEqual(['champion rules 1']);
    const { proposalId } = proposed.body;
    expect((await publish({ atLeast: 0.1 })).body.proposalId).toBe(proposalId);
    expect((await publish({ atLeast: 0.2 })).body).toMatchObject({ code: 'RESOURCE_CONFLICT', proposal: proposalId });

    expect((await proposal(proposalId, 'accept', 'max')).status).toBe(403);
    expect((await proposal(proposalId, 'accept', 'eve')).status).toBe(403);
    const wrong = { comment: 'x', credential: { password: 'a wrong password' } };
    expect((await proposal(proposalId, 'accept', 'ada', wrong)).status).toBe(403);
    const other = { comment: 'x', credential: { password: governed.person('ada').password }, binding: 'e'.repeat(64) };
    expect((await proposal(proposalId, 'accept', 'ada', other)).status).toBe(409);
    const accepted = await proposal(proposalId, 'accept', 'ada');
    expect(accepted.body).toMatchObject({
      state: 'accepted',
      base: { version: 1, text: text() },
      version: 2,
      text: text({ atLeast: 0.1 }),
      proposedBy: { id: governed.person('max').id, name: 'max' },
      decisions: [
        {
          decision: 'accept',
          by: { id: governed.person('ada').id, name: 'ada' },
          approver: 'approver',
          credential: 'password',
        },
      ],
      missingApprovals: [],
    });
    expect(await guards()).toEqual(['champion rules 2']);
    expect((await proposal(proposalId, 'accept', 'bob')).status).toBe(409);
    const now = await platform.call(
      'GET',
      `/api/v1/policies/rules-of-${model}`,
      undefined,
      governed.person('eve').token,
    );
    expect(now.body).toMatchObject({ version: 2, current: true, publishedBy: governed.person('max').id });
  });

  it('is never accepted by whoever proposed it, also as an approver, and takes as many people as the policy asks for', async () => {
    const mia = await governed.world.person(`mia-${model}`, ['maintainer', 'approver']);
    await publish({ approvals: '[{ role: approver, count: 2 }, { group: risk }]' });
    const weaker = { text: text({ approvals: '[{ role: approver }]' }) };
    const { body } = await platform.call('POST', '/api/v1/policies', weaker, mia.token);
    const own = await platform.call(
      'POST',
      `/api/v1/policies/rules-of-${model}/proposals/${body.proposalId}/accept`,
      { comment: 'mine', credential: { password: mia.password } },
      mia.token,
    );
    expect(own.body).toMatchObject({ code: 'PERMISSION_DENIED', detail: expect.stringContaining('somebody else') });
    expect((await proposal(body.proposalId, 'accept', 'ada')).body).toMatchObject({
      state: 'open',
      missingApprovals: [
        { approver: 'approver', count: 1, next: true },
        { approver: 'group:risk', count: 1, next: true },
      ],
    });
    expect((await proposal(body.proposalId, 'accept', 'ada')).status).toBe(409);
    const refused = await proposal(body.proposalId, 'refuse', 'bob');
    expect(refused.body).toMatchObject({ state: 'refused', outcome: 'an approver refused it' });
    expect(await guards()).toEqual(['champion rules 1']);
    const why = await database.query(
      `select record #>> '{after,why}' as why from audit.inbox where record ->> 'action' = 'registry.policy.attempt-refused.v1'
         and record #>> '{links,proposal}' = $1 order by id`,
      [body.proposalId],
    );
    expect(why).toEqual([{ why: 'four-eyes' }, { why: 'twice' }]);
  });

  it('drops a guard only when it is accepted, and can be withdrawn by whoever proposed it', async () => {
    await publish({ guards: 'pointers: [champion, challenger]' });
    const first = await publish({ guards: 'pointers: [champion]' });
    expect((await proposal(first.body.proposalId, 'withdraw', 'ada', {})).status).toBe(403);
    expect((await proposal(first.body.proposalId, 'withdraw', 'max', {})).body.state).toBe('withdrawn');
    expect(await guards()).toEqual(['challenger rules 1', 'champion rules 1']);
    const second = await publish({ guards: 'pointers: [champion]' });
    expect((await proposal(second.body.proposalId, 'accept', 'ada')).body).toMatchObject({
      state: 'accepted',
      drops: [{ model, pointer: 'challenger' }],
    });
    expect(await guards()).toEqual(['champion rules 2']);
    const listed = await platform.call(
      'GET',
      `/api/v1/policies/rules-of-${model}/proposals`,
      undefined,
      governed.person('eve').token,
    );
    expect(listed.body.proposals.map(({ state }: { state: string }) => state)).toEqual(['accepted', 'withdrawn']);
  });

  it('can’t be made by SQL as the service: no guard is weakened, and nothing is published over a proposal', async () => {
    await publish();
    const { body } = await publish({ atLeast: 0.1 });
    const [held] = await database.query(
      'select policy_id, policy_version_id from registry.pointer_guard where model_id = $1',
      [modelId],
    );
    const policyId = String(held?.['policy_id']);
    const guardRow = ['registry.pointer_guard', modelId, 'champion', policyId];
    const drop = `delete from registry.pointer_guard where model_id = '${modelId}'`;
    await expect(asService([drop], [guardRow])).rejects.toThrow(/accepted proposal only/);
    const weak = `insert into registry.policy_version (id, policy_id, version, digest, text, document, guards, published_by, published_at)
      select 'weak-${model}', policy_id, 2, digest, text, document, guards, 'nobody', now() from registry.policy_proposal where id = '${body.proposalId}'`;
    await expect(asService([weak], [['registry.policy_version', `weak-${model}`]])).rejects.toThrow(
      /accepted proposal only/,
    );
    const accept = `update registry.policy_proposal set state = 'accepted', version = 2 where id = '${body.proposalId}'`;
    const proposalRow = ['registry.policy_proposal', String(body.proposalId)];
    await expect(asService([accept], [proposalRow])).rejects.toThrow(/every approval of the version that it replaces/);
    const own = `insert into registry.policy_proposal_decision (id, proposal_id, decision, actor_id, approver, comment, credential, decided_at)
      values ('own-${model}', '${body.proposalId}', 'accept', '${governed.person('max').id}', 'approver', '', 'password', now())`;
    await expect(asService([own], [['registry.policy_proposal_decision', `own-${model}`]])).rejects.toThrow(
      /may not decide/,
    );
    const late = await governed.world.person(`late-${model}`, ['approver']);
    for (const [decision, by, approver] of [
      ['accept', governed.person('eve').id, 'approver'],
      ['refuse', governed.person('eve').id, 'approver'],
      ['accept', governed.person('ada').id, 'group:risk'],
      ['accept', governed.person('ada').id, 'king'],
      ['accept', late.id, 'approver'],
    ]) {
      const forged = `insert into registry.policy_proposal_decision (id, proposal_id, decision, actor_id, approver, comment, credential, decided_at)
        values ('own-${model}', '${body.proposalId}', '${decision}', '${by}', '${approver}', '', 'password', now())`;
      await expect(asService([forged], [['registry.policy_proposal_decision', `own-${model}`]])).rejects.toThrow(
        /held since before it was proposed/,
      );
    }
    const rewrite = `update registry.policy_proposal set text = 'other' where id = '${body.proposalId}'`;
    await expect(asService([rewrite], [proposalRow])).rejects.toThrow(/permission denied/);
    const born = `insert into registry.policy_proposal select (jsonb_populate_record(c, '{"id": "born-${model}", "state": "accepted"}')).*
      from registry.policy_proposal c where id = '${body.proposalId}'`;
    await expect(asService([born], [['registry.policy_proposal', `born-${model}`]])).rejects.toThrow(/begins open/);
    const elsewhere = `update registry.pointer_guard set pointer = 'elsewhere' where model_id = '${modelId}'`;
    await expect(asService([elsewhere], [guardRow])).rejects.toThrow(/accepted proposal only/);
    expect(await guards()).toEqual(['champion rules 1']);
  });
});

describe('a change of a policy that asks in order', () => {
  it('is accepted in that order, by SQL as the service too', async () => {
    await publish({ approvals: '[{ group: risk }, { role: approver }]', more: 'approvalOrder: in-order\n' });
    const { body } = await publish({ atLeast: 0.1 });
    const early = `insert into registry.policy_proposal_decision (id, proposal_id, decision, actor_id, approver, comment, credential, decided_at)
      values ('early-${model}', '${body.proposalId}', 'accept', '${governed.person('ada').id}', 'approver', '', 'password', now())`;
    await expect(asService([early], [['registry.policy_proposal_decision', `early-${model}`]])).rejects.toThrow(
      /after those that the policy puts before it/,
    );
    expect((await proposal(body.proposalId, 'accept', 'ada')).status).toBe(409);
    expect((await proposal(body.proposalId, 'accept', 'bob')).body.state).toBe('open');
    expect((await proposal(body.proposalId, 'accept', 'ada')).body.state).toBe('accepted');
  });
});

describe('several policies of one pointer', () => {
  it('bind a request together: gates and approvals of each, one decision for all that it fits', async () => {
    await publish();
    expect((await publish({ name: 'extra', approvals: '[{ role: approver }, { group: risk }]' })).body.state).toBe(
      'published',
    );
    const id = await governed.request(model, 'champion', 1);
    const shown = await platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person('eve').token);
    expect(shown.body).toMatchObject({
      state: 'awaiting_approval',
      policies: [{ name: `extra-of-${model}` }, { name: `rules-of-${model}` }],
      gates: [
        { policy: `extra-of-${model}`, index: 0 },
        { policy: `rules-of-${model}`, index: 0 },
      ],
      missingApprovals: [
        { policy: `extra-of-${model}`, approver: 'approver', count: 1, next: true },
        { policy: `extra-of-${model}`, approver: 'group:risk', count: 1, next: true },
        { policy: `rules-of-${model}`, approver: 'approver', count: 1, next: true },
      ],
    });
    const signed = await governed.approve(id, 'ada');
    expect(signed.body).toMatchObject({
      state: 'awaiting_approval',
      decisions: [
        { role: 'approver', counts: expect.arrayContaining([{ policy: `rules-of-${model}`, approver: 'approver' }]) },
      ],
      missingApprovals: [{ policy: `extra-of-${model}`, approver: 'group:risk' }],
    });
    expect((await governed.approve(id, 'bob')).body.state).toBe('applied');
    const history = await platform.call(
      'GET',
      `/api/v1/models/${model}/pointers/champion/history`,
      undefined,
      governed.person('eve').token,
    );
    expect(history.body.moves[0].policyVersionIds).toHaveLength(2);
  });

  it('are asked in their order', async () => {
    await publish({ approvals: '[{ group: risk }, { role: approver }]', more: 'approvalOrder: in-order\n' });
    const id = await governed.request(model, 'champion', 1);
    expect((await governed.approve(id, 'ada')).body).toMatchObject({
      code: 'RESOURCE_CONFLICT',
      detail: expect.stringContaining('group:risk'),
    });
    expect((await governed.approve(id, 'bob')).body.state).toBe('awaiting_approval');
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
  });

  it('refuse an order that contradicts another one’s, with line and column', async () => {
    await publish({ approvals: '[{ group: risk }, { role: approver }]', more: 'approvalOrder: in-order\n' });
    const other = await publish({
      name: 'extra',
      approvals: '[{ role: approver }, { group: risk }]',
      more: 'approvalOrder: in-order\n',
    });
    expect(other.body).toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      problems: [
        {
          line: 5,
          column: 12,
          message: expect.stringContaining('a cycle of approvers, approver → group:risk → approver'),
        },
      ],
    });
  });

  it('supersede requests that were opened before one of them came, and the database moves nothing by those', async () => {
    await publish();
    const id = await governed.request(model, 'champion', 1);
    await publish({ name: 'extra' });
    const late = await governed.approve(id, 'ada');
    expect(late.body).toMatchObject({ state: 'superseded', outcome: expect.stringContaining(`extra-of-${model}`) });
    await governed.promote(model, 'champion', 1);
  });

  it('warns of approvals that nobody, or fewer people than asked, could give', async () => {
    const { body } = await publish({ approvals: '[{ role: approver, count: 9 }, { group: nobody }]' });
    expect(body).toMatchObject({ state: 'published' });
    expect(body.warnings).toEqual([
      { line: 5, column: 13, message: expect.stringMatching(/^asks for 9 of approver, but only \d people could sign/) },
      { line: 5, column: 43, message: 'asks for 1 of group:nobody, but nobody could sign as that today' },
    ]);
  });
});

describe('a dry run', () => {
  const attempt = ({ text: draft, policyVersion, ...move }: Record<string, unknown>, as = 'eve'): Promise<TestAnswer> =>
    attemptAll([move], { text: draft, policyVersion }, as);
  const attemptAll = (moves: object[], more: object = {}, as = 'eve'): Promise<TestAnswer> =>
    platform.call('POST', `/api/v1/policies/rules-of-${model}/dry-run`, { moves, ...more }, governed.person(as).token);
  const rows = async (): Promise<unknown> =>
    database.query(
      `select (select count(*) from registry.promotion) as requests, (select count(*) from registry.policy_version) as versions,
         (select count(*) from registry.pointer_guard) as guards, (select count(*) from audit.inbox) as records`,
    );

  it('says what would pass, and who could approve, and changes nothing', async () => {
    await publish();
    const before = await rows();
    const tried = await attempt({ model, version: '1' });
    expect(tried.body).toMatchObject({
      policy: `rules-of-${model}`,
      policies: [{ name: `rules-of-${model}`, version: 1 }],
      moves: [{ model, pointer: 'champion', version: '1', holder: null, policies: [`rules-of-${model}`] }],
      verdict: 'passes',
      obstacles: [],
      gates: [{ policy: `rules-of-${model}`, gate: 'metric-threshold', outcome: 'passed' }],
      approvals: [{ approver: 'approver', count: 1, enough: true }],
    });
    const names = tried.body.approvals[0].candidates.map(({ id }: { id: string }) => id);
    expect(names).toEqual(expect.arrayContaining([governed.person('ada').id, governed.person('bob').id]));
    expect((await attempt({ model, version: '1' }, 'ada')).body.approvals[0].candidates).not.toContainEqual(
      expect.objectContaining({ id: governed.person('ada').id }),
    );
    expect(await rows()).toEqual(before);
  });

  it('says what would fail and why, for a draft that was never published too', async () => {
    const draft = text({ atLeast: 0.9, approvals: '[{ role: approver }, { group: nobody }]' });
    const tried = await attempt({ model, version: '1', text: draft });
    expect(tried.body).toMatchObject({
      policies: [{ version: null }],
      verdict: 'fails',
      gates: [{ outcome: 'failed', required: 'auc at least 0.9', observed: 'auc is 0.78' }],
      approvals: [{ enough: true }, { approver: 'group:nobody', candidates: [], enough: false }],
      warnings: [{ line: 5 }],
    });
    await governed.world.version(modelId, 4, {
      registered: governed.person('eve').id,
      trained: governed.person('eve').id,
    });
    const unseen = await attempt({ model, version: '4', text: draft });
    expect(unseen.body).toMatchObject({ verdict: 'waits', gates: [{ outcome: 'missing' }] });
    const beside = await attempt({ model, version: '1', pointer: 'other', text: draft });
    expect(beside.body.obstacles).toEqual([`the policy does not guard 'other' of '${model}'`]);
  });

  it('takes several moves, as a request does, and asks every policy that guards one of the pointers', async () => {
    await publish();
    await publish({ name: 'extra', guards: 'pointers: [champion, challenger]', approvals: '[{ group: risk }]' });
    const moves = [
      { model, pointer: 'champion', version: '1' },
      { model, pointer: 'challenger', version: '2' },
    ];
    const tried = await attemptAll(moves, { text: text({ atLeast: 0.9 }) });
    expect(tried.body).toMatchObject({
      policies: [
        { name: `extra-of-${model}`, version: 1 },
        { name: `rules-of-${model}`, version: null },
      ],
      moves: [
        { pointer: 'champion', policies: [`extra-of-${model}`, `rules-of-${model}`] },
        { pointer: 'challenger', policies: [`extra-of-${model}`] },
      ],
      verdict: 'fails',
      obstacles: [],
      gates: [
        { move: 0, policy: `extra-of-${model}`, outcome: 'passed' },
        { move: 0, policy: `rules-of-${model}`, outcome: 'failed' },
        { move: 1, policy: `extra-of-${model}`, outcome: 'passed' },
      ],
      approvals: [
        { policy: `extra-of-${model}`, approver: 'group:risk' },
        { policy: `rules-of-${model}`, approver: 'approver' },
      ],
    });
    const twice = await attemptAll([moves[0] ?? {}, { model, version: '2' }]);
    expect([twice.status, twice.body.detail]).toEqual([400, expect.stringContaining('moved twice')]);
  });

  it('refuses what means nothing', async () => {
    expect((await attemptAll([])).status).toBe(400);
    expect((await attempt({ model, version: '1' })).status).toBe(404);
    expect((await attempt({ model, version: '1', text: 'policy: 1' })).status).toBe(400);
    expect((await attempt({ model, version: '1', text: text({ name: 'others' }) })).body.detail).toContain(
      'line 1, column 9',
    );
    await publish();
    expect((await attempt({ model, version: '9' })).status).toBe(404);
    expect((await attempt({ model: 'nobody', version: '1' })).status).toBe(404);
    expect((await attempt({ model, version: '1', policyVersion: 7 })).status).toBe(404);
  });
});

describe('a policy of a model that somebody may not know of', () => {
  it('answers as one that there is not', async () => {
    await publish();
    const { proposalId } = (await publish({ atLeast: 0.6 })).body;
    const kim = await governed.world.person(`kim-${model}`, ['approver', 'maintainer']);
    await governed.world.denied(kim.id, model);
    const path = `/api/v1/policies/rules-of-${model}`;
    const signature = { comment: 'x', credential: { password: kim.password } };
    for (const [method, what, body] of [
      ['GET', path],
      ['GET', `${path}/proposals`],
      ['GET', `${path}/proposals/${proposalId}`],
      ['POST', `${path}/proposals/${proposalId}/accept`, signature],
      ['POST', `${path}/proposals/${proposalId}/withdraw`, {}],
    ] as const)
      expect((await platform.call(method, what, body, kim.token)).status).toBe(404);
    const listed = await platform.call('GET', '/api/v1/policies', undefined, kim.token);
    expect(listed.body.policies.map(({ name }: { name: string }) => name)).not.toContain(`rules-of-${model}`);
    const other = `other-${model}`;
    await governed.model(other, 1);
    for (const dryRun of [false, true]) {
      const over = { text: text().replace(`models: [${model}]`, `models: [${other}]`), dryRun };
      const taken = await platform.call('POST', '/api/v1/policies', over, kim.token);
      expect([taken.status, taken.body.code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS']);
    }
    const draft = await platform.call('POST', '/api/v1/policies', { text: text({ name: 'own' }) }, kim.token);
    expect(draft.body.problems).toMatchObject([{ line: 2, message: `there is no model '${model}'` }]);
  });
});

describe('a policy over an environment', () => {
  /** The environments as they are, and one of this test's own. */
  async function set(aliases: readonly string[], where: 'first' | 'last' = 'last'): Promise<TestAnswer> {
    const { token } = governed.person('max');
    const { body } = await platform.call('GET', '/api/v1/environments', undefined, token);
    const others = body.environments.filter(({ name }: { name: string }) => name !== `live-${model}`);
    const own = { name: `live-${model}`, aliases };
    const environments = where === 'first' ? [own, ...others] : [...others, own];
    return platform.call('PUT', '/api/v1/environments', { environments }, token);
  }

  it('guards its aliases, those too that come into it later, and lets none out', async () => {
    await set([`main-${model}`]);
    const refused = await publish({ guards: 'environments: [dev, nowhere]' });
    expect(refused.body.problems).toEqual([
      { line: 2, column: expect.any(Number), message: expect.stringContaining("'dev' takes every alias") },
      { line: 2, column: expect.any(Number), message: expect.stringContaining("no environment 'nowhere'") },
    ]);
    const published = await publish({ guards: `environments: [live-${model}]` });
    expect(published.body.guards).toMatchObject([{ model, pointer: `main-${model}` }]);
    expect((await set([`main-${model}`, `new-${model}`])).status).toBe(200);
    expect(await guards()).toEqual([`main-${model} rules 1`, `new-${model} rules 1`]);
    expect((await set([`main-${model}`])).status).toBe(409);
    expect((await set([`main-${model}`, `new-${model}`], 'first')).body).toMatchObject({
      problem: 'REGISTRY_ENVIRONMENT_GUARDED',
      environment: `live-${model}`,
    });
    const same = await publish({ guards: `environments: [live-${model}]` });
    expect(same.body).toMatchObject({ state: 'published', version: 1 });
    expect(same.body.guards).toHaveLength(2);
  });

  it('lets no alias in by SQL as the service without its guard', async () => {
    await set([`main-${model}`]);
    expect((await publish({ guards: `environments: [live-${model}]` })).body.state).toBe('published');
    const enter = `insert into registry.environment_alias values ('default', 'beside-${model}', 'live-${model}')`;
    await expect(asService([enter], [['registry.environment_alias', 'default', `beside-${model}`]])).rejects.toThrow(
      /every alias of a guarded environment is guarded/,
    );
    const all = `update registry.environment set position = -1 where name = 'live-${model}'`;
    await expect(asService([all], [['registry.environment', 'default', `live-${model}`]])).rejects.toThrow(
      /takes in every alias/,
    );
  });
});
