import { createHash } from 'node:crypto';
import { AccessModule } from '@assay/access';
import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { ListeningAddress } from '@assay/platform/http';
import { RegistryModule } from '@assay/registry';
import { type TestAnswer, testDatabase, testPlatform } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestBrowser } from '../../libs/access/src/oidc/browser.builder.js';
import { TestProvider } from '../../libs/access/src/oidc/provider.builder.js';
import { GovernedModel } from '../../libs/registry/src/pointers/governed-model.builder.js';

const database = testDatabase();
let callback = '';
const provider = await new TestProvider().listen(() => callback);
const platform = testPlatform(database, {
  modules: [ArtifactsModule, AccessModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
  environment: {
    ASSAY_OIDC_ISSUER: provider.issuer,
    ASSAY_OIDC_CLIENT_ID: provider.clientId,
    ASSAY_OIDC_CLIENT_SECRET: provider.clientSecret,
    ASSAY_OIDC_PROVISION: '1',
    ASSAY_OIDC_GROUP_ROLES: '{"risk":["approver"],"ops":["maintainer"]}',
  },
});
const governed = new GovernedModel(database, platform);
const account = (sub: string, groups: string[]) => ({
  sub,
  email: `${sub}@example.org`,
  email_verified: true,
  name: sub,
  groups,
});
const accounts = { olga: account('olga', ['risk']), mika: account('mika', ['ops']) };
type Name = keyof typeof accounts;
const sessions: Record<Name, string> = { olga: '', mika: '' };
const rule = 'breakGlass: { role: maintainer, expiresAfter: 4h, review: { role: approver, within: 48h } }\n';
const codeVerifier = 'v'.repeat(64);
let server = '';

/** Has somebody sign in anew at the provider, and answers what that proves. */
async function proof(who: Name): Promise<{ proof: string }> {
  provider.account = accounts[who];
  const start = new URLSearchParams({
    purpose: 'proof',
    redirectUri: 'http://127.0.0.1:9/callback',
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    state: 's1',
  });
  const { url } = await new TestBrowser().open(
    `${server}/api/v1/oidc/start?${start.toString()}`,
    ({ port }) => port === '9',
  );
  const code = url.searchParams.get('code');
  return { proof: (await platform.call('POST', '/api/v1/oidc/proofs', { code, codeVerifier })).body.proof };
}

const call = (method: 'GET' | 'POST', path: string, body: object, as: Name): Promise<TestAnswer> =>
  platform.call(method, `/api/v1${path}`, body, sessions[as]);
const comment = 'looked at it';

describe('people who sign in at the provider only', () => {
  beforeAll(async () => {
    await platform.app.listen(0, '127.0.0.1');
    server = await platform.app.getUrl();
    platform.get(ListeningAddress).set(server);
    callback = `${server}/api/v1/oidc/callback`;
    await governed.cast();
    for (const name of ['olga', 'mika'] as const) {
      provider.account = accounts[name];
      sessions[name] = JSON.parse((await new TestBrowser().open(`${server}/api/v1/oidc/start`)).text).token;
    }
    await governed.model('credit', 3);
    await governed.guard('credit', ['champion'], 1, rule);
  });
  afterAll(() => provider.close());

  it('sign whatever takes a signature by signing in anew: an approval, an emergency, its review, a change of the rules', async () => {
    const request = await governed.request('credit', 'champion', 1);
    const approved = await call(
      'POST',
      `/promotions/${request}/approve`,
      { comment, credential: await proof('olga') },
      'olga',
    );
    expect(approved.body).toMatchObject({ state: 'applied', decisions: [{ credential: 'oidc' }] });

    const emergency = {
      model: 'credit',
      pointer: 'champion',
      version: '2',
      expectedHolder: '1',
      reason: 'it refuses all',
    };
    const moved = await call('POST', '/break-glass', { ...emergency, credential: await proof('mika') }, 'mika');
    expect(moved).toMatchObject({ status: 201, body: { version: '2', review: null } });
    const [used] = await database.query(
      `select record #>> '{after,credential}' as credential from audit.inbox where record ->> 'action' = 'registry.break-glass.used.v1'`,
    );
    expect(used).toEqual({ credential: 'oidc' });

    const verdict = { verdict: 'justified', comment, credential: await proof('olga') };
    const reviewed = await call('POST', `/break-glass/${moved.body.id}/review`, verdict, 'olga');
    expect(reviewed.body).toMatchObject({ review: { verdict: 'justified', credential: 'oidc' } });

    await governed.guard('credit', ['champion'], 1); // without the emergency rule: the change waits for an approver
    const { body } = await platform.call('GET', '/api/v1/policies/rules-of-credit/proposals', undefined, sessions.olga);
    const accept = `/policies/rules-of-credit/proposals/${body.proposals[0].id}/accept`;
    const accepted = await call('POST', accept, { comment, credential: await proof('olga') }, 'olga');
    expect(accepted.body).toMatchObject({ state: 'accepted', decisions: [{ credential: 'oidc' }] });
  });

  it('sign nothing that was asked for before an administrator had them linked again', async () => {
    await governed.model('linked', 1);
    await governed.guard('linked', ['champion']);
    const id = await governed.request('linked', 'champion', 1);
    const approve = async () =>
      call('POST', `/promotions/${id}/approve`, { comment, credential: await proof('olga') }, 'olga');
    const linkedAt = (at: string) =>
      database.query(
        `begin; set local session_replication_role = replica; update access.external_identity set created_at = ${at} where subject = 'olga'; commit;`,
      );
    await linkedAt('now()');
    const { status, body } = await approve();
    expect([status, body.detail]).toEqual([403, expect.stringContaining('linked to the provider only after')]);
    await linkedAt(`now() - interval '1 day'`);
    expect((await approve()).body.state).toBe('applied');
  });

  it('sign nothing with a proof that is spent or somebody else’s, nor with the session that asks', async () => {
    await governed.model('other', 2);
    await governed.guard('other', ['champion', 'challenger'], 1, rule);
    const [first, second] = [
      await governed.request('other', 'champion', 1),
      await governed.request('other', 'challenger', 1),
    ];
    const approve = async (credential: object): Promise<number> =>
      (await call('POST', `/promotions/${first}/approve`, { comment, credential }, 'olga')).status;
    const spent = await proof('olga');
    await call('POST', `/promotions/${second}/approve`, { comment, credential: spent }, 'olga');
    for (const credential of [spent, await proof('mika'), { token: sessions.olga }])
      expect(await approve(credential)).toBe(403);
    const emergency = {
      model: 'other',
      pointer: 'champion',
      version: '2',
      expectedHolder: null,
      reason: 'it refuses all',
    };
    for (const credential of [await proof('olga'), { token: sessions.mika }])
      expect((await call('POST', '/break-glass', { ...emergency, credential }, 'mika')).status).toBe(403);
    expect(await approve(await proof('olga'))).toBe(200);
  });
});
