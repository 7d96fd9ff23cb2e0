import { TokenCredentialReader } from '@assay/access-reads';
import { Clock } from '@assay/platform/database';
import { type TestAnswer, testDatabase, testPlatform } from '@assay/testing';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AccessModule } from '../access.module.js';
import { PersonStore } from '../people/person.store.js';
import { SetUp } from '../set-up/set-up.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AccessModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const eve = { email: 'eve@example.org', name: 'Eve', password: 'battery staple' };

const signIn = (email: string, password: string): Promise<TestAnswer> =>
  platform.call('POST', '/api/v1/sessions', { email, password });

beforeAll(async () => {
  const secret = await platform.get(SetUp).secretIfNeeded();
  await platform.call('POST', '/api/v1/setup', { ...eve, secret });
});

describe('signing in', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  /** However long the machine takes for the guesses, they come within one minute. */
  const stopClock = () => vi.spyOn(platform.get(Clock), 'now').mockReturnValue(new Date());

  it('answers an unknown address and a wrong password alike', async () => {
    const unknown = await signIn('nobody@example.org', eve.password);
    const wrong = await signIn(eve.email, 'wrong password');
    expect(unknown.status).toBe(401);
    expect(wrong.status).toBe(401);
    expect(unknown.body.detail).toBe(wrong.body.detail);
  });

  it('opens nothing by a password that was replaced meanwhile, and a session that ended makes no token', async () => {
    const admin = (await signIn(eve.email, eve.password)).body.token;
    const max = { email: 'max@example.org', name: 'Max', password: 'correct horse', roles: ['viewer'] };
    const { id } = (await platform.call('POST', '/api/v1/people', max, admin)).body;
    const change = (body: object) => platform.call('PATCH', `/api/v1/people/${id}`, body, admin);
    const people = platform.get(PersonStore);
    const findByEmail = people.findByEmail.bind(people);
    vi.spyOn(people, 'findByEmail').mockImplementationOnce(async (...asked) => {
      const found = await findByEmail(...asked);
      await change({ password: 'another horse' });
      return found;
    });
    expect((await signIn(max.email, max.password)).status).toBe(401);
    const opened = await signIn(max.email, 'another horse');
    expect(opened.status).toBe(201);
    const { token } = opened.body;
    const own = { password: 'another horse', newPassword: 'third horse' };
    expect((await platform.call('POST', '/api/v1/me/password', own, token)).status).toBeLessThan(300);
    const session = (await signIn(max.email, own.newPassword)).body.token;
    const hold = people.hold.bind(people);
    vi.spyOn(people, 'hold').mockImplementationOnce(async (...asked) => {
      await change({ disabled: true });
      await change({ disabled: false });
      return hold(...asked);
    });
    expect((await platform.call('POST', '/api/v1/tokens', { name: 'late' }, session)).status).toBe(401);
    expect(await database.query(`select 1 from access.api_token where name = 'late'`)).toEqual([]);
  });

  it('takes as much work for an unknown address', async () => {
    const time = async (email: string) => {
      const before = process.cpuUsage(); // the work that this process does, however long it waits for a processor
      await signIn(email, 'wrong password');
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const known = Math.min(await time(eve.email), await time(eve.email));
    const unknown = Math.min(await time('a@example.org'), await time('b@example.org'));
    // A skipped hash would answer in a tenth of the time.
    expect(unknown).toBeGreaterThan(known * 0.3);
  });

  it('refuses the sixth wrong attempt of a minute, in flight or not, and records refusals', async () => {
    stopClock();
    const before = await database.query(
      `select 1 from audit.inbox where record ->> 'action' = 'access.session.refused.v1'`,
    );
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn('eve2@example.org', 'guess guess')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3);
    const after = await database.query(
      `select 1 from audit.inbox where record ->> 'action' = 'access.session.refused.v1'`,
    );
    expect(after.length - before.length).toBe(5);
  });

  it('counts wrong passwords of all accounts together, whatever the caller knows of their own', async () => {
    stopClock();
    let wrong = 0;
    for (let round = 0; round < 8; round += 1) {
      const guesses = Array.from({ length: 5 }, (_, guess) => `victim-${round}-${guess}@example.org`);
      const answers = await Promise.all(guesses.map((email) => signIn(email, 'guess guess')));
      wrong += answers.filter(({ status }) => status === 401).length;
      if (answers.some(({ status }) => status === 429)) break;
      expect((await signIn(eve.email, eve.password)).status).toBe(201);
    }
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThanOrEqual(30);
  });
});
