import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { Clock } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GovernedModel } from '../pointers/governed-model.builder.js';
import { RegistryModule } from '../registry.module.js';
import { CheckPromotion } from './check-promotion.js';
import { SweepPromotions } from './sweep-promotions.js';

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

async function stored(id: string): Promise<unknown> {
  const [row] = await database.query('select state, outcome from registry.promotion where id = $1', [id]);
  return row;
}

async function recordsOf(id: string, action: string): Promise<unknown[]> {
  const rows = await database.query(
    `select record #>> '{actor,kind}' as kind from audit.inbox where record ->> 'action' = $2 and record #>> '{target,id}' = $1`,
    [id, action],
  );
  return rows.map((row) => row['kind']);
}

function list(
  query: string,
): Promise<{ status: number; body: { promotions: { id: string }[]; nextPageToken: string | null } }> {
  return platform.call('GET', `/api/v1/promotions?${query}`, undefined, governed.person('ada').token);
}

beforeAll(async () => {
  await governed.cast();
});

beforeEach(async () => {
  model = `m${(count += 1)}`;
  modelId = await governed.model(model, 5);
  await governed.guard(model, ['champion', 'challenger']);
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('requests that nobody decides', () => {
  it('end without anybody looking, once, in the name of the platform, whoever sweeps', async () => {
    const late = await governed.request(model, 'champion', 1);
    const sweep = platform.get(SweepPromotions);
    await sweep.execute();
    expect(await stored(late)).toMatchObject({ state: 'awaiting_approval' });
    const clock = platform.get(Clock);
    vi.spyOn(clock, 'now').mockReturnValue(new Date(Date.now() + 15 * 86_400_000));
    const ended = await Promise.all([sweep.execute(), sweep.execute(), sweep.execute()]);
    expect(ended.reduce((sum, each) => sum + each, 0)).toBe(1);
    expect(await stored(late)).toMatchObject({
      state: 'expired',
      outcome: expect.stringContaining('nobody decided by'),
    });
    expect(await recordsOf(late, 'registry.promotion.expired.v1')).toEqual(['system']);
  });

  it('end when their version or model is gone', async () => {
    const version = await governed.request(model, 'champion', 1);
    const other = `${model}-gone`;
    const otherId = await governed.model(other, 1);
    await governed.guard(other, ['champion']);
    const whole = await governed.request(other, 'champion', 1);
    await database.query(
      `begin; set local session_replication_role = replica;
         update registry.model_version set deleted_at = now() where model_id = '${modelId}' and version = 1;
         update registry.registered_model set deleted_at = now() where id = '${otherId}'; commit;`,
    );
    await platform.get(SweepPromotions).execute();
    expect(await stored(version)).toEqual({ state: 'superseded', outcome: 'version 1 was deleted' });
    expect(await stored(whole)).toEqual({ state: 'superseded', outcome: `the model '${other}' was deleted` });
    expect(await recordsOf(whole, 'registry.promotion.superseded.v1')).toEqual(['system']);
  });

  it('are ended although one of them fails', async () => {
    const ids = [await governed.request(model, 'champion', 1), await governed.request(model, 'champion', 2)];
    const check = platform.get(CheckPromotion);
    const real = check.inTransaction.bind(check);
    vi.spyOn(check, 'inTransaction').mockImplementation((tx, actor, workspace, id) =>
      id === ids[0] ? Promise.reject(new Error('no')) : real(tx, actor, workspace, id),
    );
    vi.spyOn(platform.get(Clock), 'now').mockReturnValue(new Date(Date.now() + 15 * 86_400_000));
    await platform.get(SweepPromotions).execute();
    expect(await stored(ids[0] ?? '')).toMatchObject({ state: 'awaiting_approval' });
    expect(await stored(ids[1] ?? '')).toMatchObject({ state: 'expired' });
  });
});

describe('a withdrawn request', () => {
  it('can be asked for again, by a request of its own', async () => {
    const first = await governed.request(model, 'champion', 1);
    const { token } = governed.person('eve');
    await platform.call('POST', `/api/v1/promotions/${first}/withdraw`, { comment: 'too early' }, token);
    const second = await governed.request(model, 'champion', 1);
    expect(second).not.toBe(first);
    expect((await governed.approve(first, 'ada')).status).toBe(409);
    expect((await governed.approve(second, 'ada')).body.state).toBe('applied');
  });
});

describe('the list', () => {
  it('comes in pages, newest first, each request once, under filters', async () => {
    const ids: string[] = [];
    for (const [pointer, version] of [
      ['champion', 1],
      ['challenger', 2],
      ['champion', 3],
      ['champion', 4],
      ['challenger', 5],
    ] as const)
      ids.unshift(await governed.request(model, pointer, version));
    const found: string[] = [];
    let page = '';
    for (let pages = 0; pages < 4; pages += 1) {
      const { body } = await list(`model=${model}&limit=2${page}`);
      found.push(...body.promotions.map(({ id }) => id));
      if (body.nextPageToken === null) break;
      page = `&pageToken=${body.nextPageToken}`;
    }
    expect(found).toEqual(ids);
    const seen = async (query: string) => (await list(`model=${model}&${query}`)).body.promotions.map(({ id }) => id);
    expect(await seen('pointer=challenger')).toEqual([ids[0], ids[3]]);
    await governed.approve(ids[1] ?? '', 'ada');
    expect(await seen('state=applied')).toEqual([ids[1]]);
    expect(await seen('state=undecided')).toEqual([ids[0], ids[3]]);
    expect(await seen(`requestedBy=${governed.person('eve').id}`)).toHaveLength(5);
    expect(await seen(`requestedBy=${governed.person('ada').id}`)).toEqual([]);
    expect((await list(`model=other${page}`)).status).toBe(400);
  });
});
