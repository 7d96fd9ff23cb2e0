import { Standing, TokenCredentialReader } from '@assay/access-reads';
import { Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessModule } from '../access.module.js';
import { SetUp } from '../set-up/set-up.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AccessModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const password = 'correct horse';
let admin = '';
const ids: Record<string, string> = {};
const tokens: Record<string, string> = {};

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  const secret = await platform.get(SetUp).secretIfNeeded();
  const root = { email: 'root@example.org', name: 'Root', password, secret };
  admin = (await platform.call('POST', '/api/v1/setup', root)).body.token;
  for (const name of ['ada', 'bob']) {
    const person = { email: `${name}@example.org`, name, password, roles: ['viewer'] };
    ids[name] = (await platform.call('POST', '/api/v1/people', person, admin)).body.id;
    tokens[name] = (await platform.call('POST', '/api/v1/sessions', { email: person.email, password })).body.token;
  }
});

const set = (name: string, members: unknown, as = admin) =>
  platform.call('PUT', `/api/v1/groups/${name}`, { members }, as);
const groupsOf = async (name: string): Promise<string[]> =>
  (await platform.call('GET', '/api/v1/me', undefined, tokens[name])).body.groups;

describe('groups', () => {
  it('are in force at once for whoever is in them', async () => {
    expect(await groupsOf('ada')).toEqual([]);
    expect((await set('risk', [ids.ada, ids.bob])).status).toBe(200);
    expect((await set('audit', [ids.ada])).status).toBe(200);
    expect(await groupsOf('ada')).toEqual(['audit', 'risk']);
    expect(await groupsOf('bob')).toEqual(['risk']);
    const listed = await platform.call('GET', '/api/v1/groups', undefined, admin);
    expect(listed.body.groups.map(({ name }: { name: string }) => name)).toEqual(['audit', 'risk']);
  });

  it('keep since when somebody is in them, and start anew after a break', async () => {
    const heldSince = (group: string) =>
      platform
        .get<Database>(databaseToken('registry'))
        .read((tx) => platform.get(Standing).heldSince(tx, { personId: ids.ada ?? '', workspace: 'default', group }));
    const first = await heldSince('risk');
    expect(first).toBeInstanceOf(Date);
    await set('risk', [ids.ada]);
    expect(await heldSince('risk')).toEqual(first);
    await set('risk', [ids.bob]);
    expect(await heldSince('risk')).toBeNull();
    expect(await groupsOf('ada')).toEqual(['audit']);
    await set('risk', [ids.ada]);
    expect((await heldSince('risk'))?.getTime()).toBeGreaterThan(first?.getTime() ?? Number.NaN);
  });

  it('end with their last member', async () => {
    await set('short', [ids.bob]);
    expect((await platform.call('GET', '/api/v1/groups/short', undefined, admin)).status).toBe(200);
    expect((await set('short', [])).body).toEqual({ name: 'short', members: [] });
    expect((await platform.call('GET', '/api/v1/groups/short', undefined, admin)).status).toBe(404);
  });

  it('take administrators to change, and people whom the workspace knows', async () => {
    expect((await set('risk', [ids.bob], tokens.bob)).status).toBe(403);
    expect((await platform.call('GET', '/api/v1/groups', undefined, tokens.bob)).status).toBe(403);
    const stranger = await set('risk', ['nobody']);
    expect(stranger.status).toBe(404);
    expect(stranger.body.detail).toContain("no person 'nobody'");
    expect((await set('risk', 'ada')).status).toBe(400);
  });

  it('are set once by each of ten who set them at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => set('busy', [ids.ada, ids.bob])));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const rows = await database.query(`select since from access.group_member where group_name = 'busy'`);
    expect(rows).toHaveLength(2);
  });
});
