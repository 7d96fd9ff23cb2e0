import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { JobTokens } from '@assay/platform/auth';
import { Clock } from '@assay/platform/database';
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

let count = 0;
let model = '';
let modelId = '';

async function refusals(id: string): Promise<string[]> {
  const rows = await database.query(
    `select record #>> '{after,why}' as why from audit.inbox where record ->> 'action' = 'registry.promotion.attempt-refused.v1' and record #>> '{target,id}' = $1 order by id`,
    [id],
  );
  return rows.map((row) => String(row['why']));
}

async function shown(id: string): Promise<TestAnswer['body']> {
  return (await platform.call('GET', `/api/v1/promotions/${id}`, undefined, governed.person('eve').token)).body;
}

function signWith(id: string, as: string, credential: object): Promise<TestAnswer> {
  const body = { comment: 'looked at it', credential };
  return platform.call('POST', `/api/v1/promotions/${id}/approve`, body, governed.person(as).token);
}

beforeAll(async () => {
  await governed.cast();
  for (const name of ['ria', 'rob']) await governed.world.group((await governed.join(name, ['approver'])).id, 'risk');
});

beforeEach(async () => {
  model = `m${(count += 1)}`;
  modelId = await governed.model(model, 2);
});

describe('a refusal', () => {
  it('counts for as little as an approval from whoever got the role, or made the token, only since', async () => {
    await governed.guard(model, ['champion']);
    const id = await governed.request(model, 'champion', 1);
    const refuse = (by: string, credential: object) =>
      platform.call(
        'POST',
        `/api/v1/promotions/${id}/refuse`,
        { comment: 'no', credential },
        governed.person(by).token,
      );
    const late = await governed.join(`late-${model}`, ['approver']);
    expect((await refuse(`late-${model}`, { password: late.password })).status).toBe(403);
    const ada = governed.person('ada');
    expect((await refuse('ada', { token: await governed.world.token(ada.id) })).status).toBe(403);
    expect(await refusals(id)).toEqual(['role', 'token-too-new']);
    expect((await refuse('ada', { password: ada.password })).body.state).toBe('refused');
  });
});

describe('approvals', () => {
  it('come from as many different people of each role and group as the policy asks for, in any order', async () => {
    await governed.guard(model, ['champion'], '[{ role: approver, count: 2 }, { group: risk }]');
    const id = await governed.request(model, 'champion', 1);
    await governed.approve(id, 'ria');
    await governed.approve(id, 'ada');
    const half = await shown(id);
    expect(half).toMatchObject({
      state: 'awaiting_approval',
      missingApprovals: [{ approver: 'group:risk', count: 1 }],
    });
    expect(half.decisions).toMatchObject([{ role: 'approver' }, { role: 'approver' }]);
    const outside = await governed.approve(id, 'bob');
    expect([outside.status, outside.body.detail]).toEqual([403, expect.stringContaining('1 × group:risk')]);
    expect((await governed.approve(id, 'rob')).body).toMatchObject({
      state: 'applied',
      decisions: [{ comment: 'ria looked at it' }, {}, { role: 'group:risk' }],
    });
  });

  it('come in the order of the policy where it has one', async () => {
    await governed.guard(model, ['champion'], '[{ group: risk }, { role: approver }]', 'approvalOrder: in-order\n');
    const id = await governed.request(model, 'champion', 1);
    const early = await governed.approve(id, 'ada');
    expect([early.status, early.body.detail]).toEqual([
      409,
      expect.stringContaining('Others decide first: 1 × group:risk'),
    ]);
    expect((await governed.approve(id, 'ria')).body.state).toBe('awaiting_approval');
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
  });
});

describe('a second approval of one person', () => {
  it('is refused with the name of what they signed the first one as and have lost since', async () => {
    const lee = await governed.join(`lee-${model}`, ['approver']);
    const fay = await governed.join(`fay-${model}`, ['approver']);
    for (const group of ['bias', 'data']) await governed.world.group(lee.id, group);
    await governed.world.group(fay.id, 'first');
    await governed.guard(model, ['champion'], '[{ group: bias }]');
    const later = '[{ group: first }, { group: data }]';
    await governed.guard(model, ['champion'], later, 'approvalOrder: in-order\n', `later-rules-of-${model}`);
    const id = await governed.request(model, 'champion', 1);
    await governed.approve(id, `lee-${model}`);
    expect((await governed.approve(id, `fay-${model}`)).body.missingApprovals).toMatchObject([
      { approver: 'group:data' },
    ]);
    await governed.world.leave(lee.id, 'bias');
    const again = await governed.approve(id, `lee-${model}`);
    expect([again.status, again.body.detail]).toEqual([
      403,
      expect.stringContaining('You signed this as group:bias, which'),
    ]);
    expect(await refusals(id)).toEqual(['lost-since']);
  });
});

describe('somebody may not approve', () => {
  beforeEach(async () => {
    await governed.guard(model, ['champion']);
  });

  it('after writing a file of the run that the version came from', async () => {
    await governed.world.upload(modelId, 1, governed.person('bob').id);
    const id = await governed.request(model, 'champion', 1);
    expect((await shown(id)).mayNotApprove).toContainEqual({ id: governed.person('bob').id, name: 'bob' });
    expect((await governed.approve(id, 'bob')).status).toBe(403);
    expect(await refusals(id)).toEqual(['four-eyes']);
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
  });

  it('after making the program that asked, or a token of it', async () => {
    const bot = `bot-${model}`;
    await governed.joinProgram(bot, { roles: ['contributor'], madeBy: 'ada', tokenBy: 'bob' });
    const id = await governed.requestTogether([{ model, pointer: 'champion', version: 1 }], { by: bot });
    const barred = (await shown(id)).mayNotApprove.map(({ name }: { name: string }) => name);
    expect(barred.toSorted()).toEqual(['ada', 'bob', bot, 'eve']);
    for (const maker of ['ada', 'bob']) {
      const refused = await governed.approve(id, maker);
      expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('made the service account')]);
    }
    expect((await governed.approve(id, 'ria')).body.state).toBe('applied');
  });

  it('after making the program that wrote a file of the run, whenever that was', async () => {
    const { id: program } = await governed.joinProgram(`bot-${model}`, {
      roles: ['contributor'],
      madeBy: 'max',
      tokenBy: 'bob',
    });
    const id = await governed.request(model, 'champion', 1);
    await governed.world.upload(modelId, 1, program);
    expect((await governed.approve(id, 'bob')).status).toBe(403);
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
  });

  it('through a role, a group or a token gained after the request', async () => {
    await governed.join(`new-${model}`, ['viewer']);
    await governed.world.role(governed.person(`new-${model}`).id, 'contributor');
    const id = await governed.request(model, 'champion', 1);
    const late = governed.person(`new-${model}`);
    await governed.world.role(late.id, 'approver');
    const answer = await governed.approve(id, `new-${model}`);
    expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('only since after')]);
    const token = await governed.world.token(governed.person('ada').id);
    expect((await signWith(id, 'ada', { token })).status).toBe(403);
    expect(await refusals(id)).toEqual(['gained-since', 'token-too-new']);
    expect((await signWith(id, 'ada', { token: governed.person('ada').token })).body.state).toBe('applied');
    expect((await governed.approve(await governed.request(model, 'champion', 2), `new-${model}`)).body.state).toBe(
      'applied',
    );
  });

  it('through a group gained after the request', async () => {
    const other = `${model}-risk`;
    await governed.model(other, 1);
    await governed.guard(other, ['champion'], '[{ group: late }]');
    const id = await governed.request(other, 'champion', 1);
    const late = await governed.join(`late-${model}`, ['approver']);
    await governed.world.group(late.id, 'late');
    expect((await governed.approve(id, `late-${model}`)).status).toBe(403);
    expect(await refusals(id)).toEqual(['gained-since']);
  });

  it('with a password that an author set, or anybody else since the request', async () => {
    const set = (by: string, at: string) =>
      database.query(
        `begin; set local session_replication_role = replica; update access.person set password_given_by = '${governed.person(by).id}',
           password_given_at = ${at} where id = '${governed.person('ada').id}'; commit;`,
      );
    const id = await governed.request(model, 'champion', 1);
    await set('eve', `now() - interval '1 year'`);
    expect((await governed.approve(id, 'ada')).status).toBe(403);
    await set('max', 'now()');
    expect((await governed.approve(id, 'ada')).status).toBe(403);
    expect(await refusals(id)).toEqual(['password-by-another', 'password-by-another']);
    await set('max', `now() - interval '1 year'`);
    expect((await governed.approve(id, 'ada')).body.state).toBe('applied');
  });

  it('as a job', async () => {
    const id = await governed.request(model, 'champion', 1);
    await governed.world.runningJob(`job-${model}`, 'evaluate');
    const claims = { jobId: `job-${model}`, epoch: 1, runId: null, recipe: 'evaluate' };
    const token = await platform
      .get(JobTokens)
      .issue({ ...claims, onBehalfOf: governed.person('ada').id, workspace: 'default' }, platform.get(Clock).now());
    const body = { comment: 'fine', credential: { password: governed.person('ada').password } };
    expect((await platform.call('POST', `/api/v1/promotions/${id}/approve`, body, token)).status).toBe(403);
  });
});

describe('an approval', () => {
  it('is voided when its signer turns out to be an author, and its signer can give no other', async () => {
    await governed.guard(model, ['champion'], 2);
    const id = await governed.request(model, 'champion', 1);
    expect((await governed.approve(id, 'bob')).body.decisions).toMatchObject([{ voided: false }]);
    await governed.world.upload(modelId, 1, governed.person('bob').id);
    expect((await shown(id)).missingApprovals).toMatchObject([{ count: 2 }]);
    expect((await governed.approve(id, 'ada')).status).toBe(409);
    expect((await shown(id)).decisions).toMatchObject([{ by: { name: 'bob' }, voided: true }]);
    expect((await governed.approve(id, 'ada')).body).toMatchObject({ state: 'awaiting_approval' });
    expect((await governed.approve(id, 'bob')).status).toBe(403);
    expect((await governed.approve(id, 'ria')).body).toMatchObject({ state: 'applied' });
  });
});
