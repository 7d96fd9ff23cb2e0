import { acrossWorkspaces } from '@assay/platform/database';
import { createHash } from 'node:crypto';
import { CredentialProof, TokenCredentialReader } from '@assay/access-reads';
import { ListeningAddress } from '@assay/platform/http';
import { testDatabase, testPlatform } from '@assay/testing';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessModule } from '../access.module.js';
import { SetUp } from '../set-up/set-up.js';
import { TestBrowser } from './browser.builder.js';
import { type ProviderAccount, TestProvider } from './provider.builder.js';

const database = testDatabase();
let callback = '';
const provider = await new TestProvider().listen(() => callback);
const platform = testPlatform(database, {
  modules: [AccessModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
  environment: {
    ASSAY_OIDC_ISSUER: provider.issuer,
    ASSAY_OIDC_CLIENT_ID: provider.clientId,
    ASSAY_OIDC_CLIENT_SECRET: provider.clientSecret,
    ASSAY_OIDC_PROVISION: '1',
    ASSAY_OIDC_LINK_VERIFIED_EMAIL: '1',
    ASSAY_OIDC_EMAIL_DOMAINS: 'example.org',
    ASSAY_OIDC_TENANT: 'ours',
    ASSAY_OIDC_GROUP_ROLES: '{"risk":["approver"],"ml":["contributor"]}',
  },
});
const ada = { sub: 'ada-1', email: 'ada@example.org', email_verified: true, name: 'Ada', tid: 'ours', groups: ['ml'] };
let server = '';
let admin = '';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  await platform.app.listen(0, '127.0.0.1');
  server = await platform.app.getUrl();
  platform.get(ListeningAddress).set(server);
  callback = `${server}/api/v1/oidc/callback`;
  const secret = await platform.get(SetUp).secretIfNeeded();
  const root = { email: 'root@example.org', name: 'Root', password: 'correct horse', secret };
  admin = (await platform.call('POST', '/api/v1/setup', root)).body.token;
});
afterAll(() => provider.close());
afterEach(() => {
  provider.tamper = null;
  provider.foreignKey = false;
  provider.failing = false;
  provider.authenticatedAgo = 0;
});

const me = (token: string) => platform.call('GET', '/api/v1/me', undefined, token);

/** Signs somebody in by browser, and answers what the callback did. */
async function signIn(account: ProviderAccount, browser = new TestBrowser()) {
  provider.account = account;
  const page = await browser.open(`${server}/api/v1/oidc/start`);
  return { status: page.status, body: JSON.parse(page.text), url: page.url };
}

async function refused(account: ProviderAccount): Promise<string> {
  const { status, body } = await signIn(account);
  expect(status, JSON.stringify(body)).toBe(403);
  expect(JSON.stringify(body)).not.toMatch(/ at .*\.[jt]s:|node_modules/);
  return body.detail;
}

describe('a person who signs in at the provider', () => {
  it('gets an account at the first sign-in, and the roles of their groups', async () => {
    const { status, body } = await signIn(ada);
    expect(status).toBe(200);
    const who = await me(body.token);
    expect(who.body).toMatchObject({ kind: 'person', name: 'Ada', groups: ['ml'], roles: ['contributor'] });
    expect(await database.query('select issuer, subject, person_id from access.external_identity')).toEqual([
      { issuer: provider.issuer, subject: 'ada-1', person_id: who.body.id },
    ]);
  });

  it('is known by issuer and subject, whatever the address', async () => {
    const first = await me((await signIn(ada)).body.token);
    const { body } = await signIn({ ...ada, email: 'ada.lovelace@example.org' });
    expect((await me(body.token)).body.id).toBe(first.body.id);
  });

  it('has the groups and roles of each sign-in’s claims, and what an administrator gave beside them', async () => {
    const { id } = (await me((await signIn(ada)).body.token)).body;
    await platform.call('PUT', '/api/v1/groups/house', { members: [id] }, admin);
    const before = await database.query(
      `select 1 from audit.inbox where record ->> 'action' = 'access.person.claims-applied.v1'`,
    );
    const { body } = await signIn({ ...ada, groups: ['risk', 'unmapped'] });
    expect((await me(body.token)).body).toMatchObject({ groups: ['house', 'risk', 'unmapped'], roles: ['approver'] });
    await signIn({ ...ada, groups: ['risk', 'unmapped'] });
    const records = await database.query(
      `select record -> 'after' -> 'groups' as groups from audit.inbox where record ->> 'action' = 'access.person.claims-applied.v1' order by id`,
    );
    expect(records.length - before.length).toBe(1); // the same claims again change nothing
    expect(records.at(-1)?.['groups']).toEqual(['risk', 'unmapped']);
    const { tid, sub, email, email_verified } = ada;
    const without = await signIn({ tid, sub, email, email_verified });
    expect((await me(without.body.token)).body).toMatchObject({ groups: ['house'], roles: [] });
    await signIn(ada);
  });

  it('stays out when the account is disabled', async () => {
    const { id } = (await me((await signIn(ada)).body.token)).body;
    await platform.call('PATCH', `/api/v1/people/${id}`, { disabled: true }, admin);
    expect(await refused(ada)).toContain('disabled');
    await platform.call('PATCH', `/api/v1/people/${id}`, { disabled: false }, admin);
  });

  it('takes over an account by a verified address only, and not a disabled one', async () => {
    const bob = { email: 'bob@example.org', name: 'Bob', roles: ['viewer'] };
    const { id } = (await platform.call('POST', '/api/v1/people', bob, admin)).body;
    const claims = { ...ada, sub: 'bob-1', email: 'bob@example.org', groups: [] };
    expect(await refused({ ...claims, email_verified: false })).toContain('verified');
    expect(await refused({ ...claims, email_verified: 'true' })).toContain('verified');
    expect((await me((await signIn(claims)).body.token)).body.id).toBe(id);
    const gone = { ...bob, email: 'gone@example.org' };
    const left = (await platform.call('POST', '/api/v1/people', gone, admin)).body.id;
    await platform.call('PATCH', `/api/v1/people/${left}`, { disabled: true }, admin);
    expect(await refused({ ...claims, sub: 'gone-1', email: gone.email })).toContain('Nobody here is known');
  });

  it('takes over no account that is somebody else’s at the provider, until an administrator unlinks it', async () => {
    const { id } = (await me((await signIn({ ...ada, sub: 'left-1', email: 'reused@example.org' })).body.token)).body;
    const successor = { ...ada, sub: 'came-1', email: 'reused@example.org' };
    expect(await refused(successor)).toContain('Nobody here is known');
    const session = (await signIn({ ...ada, sub: 'left-1' })).body.token;
    const unlinked = await platform.call('PATCH', `/api/v1/people/${id}`, { unlink: true }, admin);
    expect(unlinked.status).toBe(200);
    expect((await me(session)).status).toBe(401);
    expect((await me((await signIn(successor)).body.token)).body.id).toBe(id);
    expect(await refused({ ...ada, sub: 'left-1', email: 'reused@example.org' })).toContain('Nobody here is known');
  });

  it('is named in the log by no subject', async () => {
    const subject = 'pia.private@example.org';
    await signIn({ ...ada, sub: subject, email: subject });
    const leaves = await database.query('select covers::text, record::text from audit.inbox');
    expect(JSON.stringify(leaves)).not.toContain('private@example.org');
  });

  it('belongs to our tenant and our domains', async () => {
    expect(await refused({ ...ada, sub: 'x', tid: 'theirs' })).toContain('another organisation');
    for (const email of ['x@evil.org', 'x@example.org.evil.org', 'x@notexample.org', undefined])
      expect(await refused({ ...ada, sub: 'x', email })).toContain('domains');
  });
});

describe('what comes back is not believed', () => {
  it.each([
    ['a wrong nonce', () => (provider.tamper = (claims) => ({ ...claims, nonce: 'another' })), 'another sign-in'],
    ['a wrong audience', () => (provider.tamper = (claims) => ({ ...claims, aud: 'other' })), 'another receiver'],
    ['a wrong issuer', () => (provider.tamper = (claims) => ({ ...claims, iss: 'https://evil.example' })), 'another'],
    ['an expired token', () => (provider.tamper = (claims) => ({ ...claims, exp: 1_000_000 })), 'time is over'],
    [
      'a foreign signature',
      () => {
        provider.tamper = (claims) => claims;
        provider.foreignKey = true;
      },
      'not believed',
    ],
  ])('with %s', async (_, prepare, why) => {
    prepare();
    expect(await refused(ada)).toContain(why);
  });

  it('with a wrong state, in another browser, or after its time', async () => {
    provider.account = ada;
    const stop = (url: URL) => url.pathname === '/api/v1/oidc/callback';
    const browser = new TestBrowser();
    const { url } = await browser.open(`${server}/api/v1/oidc/start`, stop);
    const wrong = new URL(url);
    wrong.searchParams.set('state', 'guessed');
    expect((await browser.open(wrong.href)).status).toBe(403);
    expect((await new TestBrowser().open(url.href)).status).toBe(403); // the attacker's own sign-in, forced on somebody else
    await database.query(`update access.oidc_attempt set expires_at = now() - interval '1 second'`);
    const late = await browser.open(url.href);
    expect(late.status).toBe(403);
    expect(JSON.parse(late.text).detail).toContain('start it again');
  });

  it('a second time', async () => {
    provider.account = ada;
    const stop = (url: URL) => url.pathname === '/api/v1/oidc/callback';
    const browser = new TestBrowser();
    const { url } = await browser.open(`${server}/api/v1/oidc/start`, stop);
    const cookie = browser.cookies(url);
    const both = await Promise.all([1, 2].map(() => fetch(url, { headers: { cookie } })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 403]);
    // A used code under a state that is fresh: the provider itself refuses it.
    const other = await browser.open(`${server}/api/v1/oidc/start`, stop);
    other.url.searchParams.set('code', url.searchParams.get('code') ?? '');
    const replayed = await browser.open(other.url.href);
    expect(replayed.status).toBe(403);
    expect(JSON.parse(replayed.text).detail).toContain('invalid_grant');
  });

  it('when the provider refused', async () => {
    provider.account = ada;
    const browser = new TestBrowser();
    const { url } = await browser.open(`${server}/api/v1/oidc/start`, (at) => at.pathname.endsWith('/callback'));
    const query = new URLSearchParams({
      error: 'access_denied',
      state: url.searchParams.get('state') ?? '',
      iss: provider.issuer,
    });
    const denied = await browser.open(`${callback}?${query.toString()}`);
    expect(denied.status).toBe(403);
    expect(JSON.parse(denied.text).detail).toContain('access_denied');
  });
});

describe('a command line', () => {
  const verifier = 'v'.repeat(64);
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
  const loopback = 'http://127.0.0.1:9/callback';
  const isLoopback = (url: URL) => url.port === '9';
  const start = (purpose: string, more = {}) =>
    `${server}/api/v1/oidc/start?${new URLSearchParams({ purpose, redirectUri: loopback, codeChallenge, state: 's1', ...more }).toString()}`;
  const redeem = (what: string, code: string | null, codeVerifier = verifier) =>
    platform.call('POST', `/api/v1/oidc/${what}`, { code, codeVerifier });

  it('redeems its code for a session that never stood in an address', async () => {
    provider.account = ada;
    const browser = new TestBrowser();
    const { url } = await browser.open(start('session'), isLoopback);
    expect(url.searchParams.get('state')).toBe('s1');
    const issued = await redeem('sessions', url.searchParams.get('code'));
    expect(issued.status).toBe(201);
    expect((await me(issued.body.token)).body.name).toBe('Ada');
    expect([...browser.visited, url.href].join()).not.toContain('assay_');
    expect((await redeem('sessions', url.searchParams.get('code'))).status).toBe(403);
  });

  it('redeems nothing with another verifier, for another purpose, or too late', async () => {
    provider.account = ada;
    const code = async () => (await new TestBrowser().open(start('session'), isLoopback)).url.searchParams.get('code');
    const guessed = await code();
    expect((await redeem('sessions', guessed, 'w'.repeat(64))).status).toBe(403);
    expect((await redeem('sessions', guessed)).status).toBe(403); // the wrong guess cost it
    expect((await redeem('proofs', await code())).status).toBe(403);
    const late = await code();
    await database.query(`update access.oidc_code set expires_at = now() - interval '1 second'`);
    expect((await redeem('sessions', late)).status).toBe(403);
  });

  it('gets a proof of a fresh sign-in, good for one signature of that person', async () => {
    const { id } = (await me((await signIn(ada)).body.token)).body;
    const verify = (proof: string, personId: string) =>
      platform.get(CredentialProof).verify({ id: personId, kind: 'person' }, { proof });
    provider.account = ada;
    const { url } = await new TestBrowser().open(start('proof'), isLoopback);
    const { body } = await redeem('proofs', url.searchParams.get('code'));
    expect(await verify(body.proof, 'somebody else')).toBeNull();
    const both = await Promise.all([verify(body.proof, id), verify(body.proof, id)]);
    expect(both.toSorted()).toEqual([null, 'oidc'].toSorted());
    expect((await platform.call('GET', '/api/v1/me', undefined, body.proof)).status).toBe(401); // it signs, and opens nothing
  });

  it('gets none where the provider did not ask anew', async () => {
    provider.account = ada;
    provider.tamper = (claims) => ({ ...claims, auth_time: Math.floor(Date.now() / 1000) - 3600 });
    const { url } = await new TestBrowser().open(start('proof'), isLoopback);
    expect(url.searchParams.get('code')).toBeNull();
    expect(url.searchParams.get('error_description')).toContain('sign in anew');
  });

  it('is told why somebody is not let in', async () => {
    provider.account = { ...ada, tid: 'theirs' };
    const { url } = await new TestBrowser().open(start('session'), isLoopback);
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(url.searchParams.get('error_description')).toContain('another organisation');
  });

  it.each([
    'https://evil.example/callback',
    'http://evil.example:80/callback',
    'http://127.0.0.1@evil.example:80/callback',
    'http://127.0.0.1.evil.example:80/callback',
    'http://localhost:9/callback',
    'http://127.0.0.1:9/callback?to=https://evil.example',
    'http://127.0.0.1:9/callback/../x',
    '//evil.example/callback',
    'javascript:alert(1)',
  ])('sends nobody to %s', async (redirectUri) => {
    const answer = await fetch(start('session', { redirectUri }), { redirect: 'manual' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
  });
});

describe('a provider that does not answer', () => {
  it('is told in a sentence while somebody signs in', async () => {
    provider.failing = true;
    const { status, body } = await signIn(ada);
    expect(status).toBe(503);
    expect(body.detail).toContain('does not answer');
    expect(JSON.stringify(body)).not.toMatch(/ECONN|127\.0\.0\.1|stack/);
  });
});
