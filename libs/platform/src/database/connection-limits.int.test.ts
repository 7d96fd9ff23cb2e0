import { type Socket, connect, createServer } from 'node:net';
import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { afterAll, aroundAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poolOptions } from './connection-limits.js';
import { Database } from './database.js';
import { acrossWorkspaces } from './workspace-scope.js';
import { couldNotConnect, isLostConnection } from './lost-connection.js';

/** Stands before Postgres. While it is mute it takes everything and hands nothing on, as a peer that hangs does. */
class Way {
  mute = false;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => {
    const far = connect(this.port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (bytes) => this.mute || to.write(bytes));
      from.on('error', () => undefined); // the other side is told by the close
      from.once('close', () => to.destroy());
    }
  });

  constructor(private readonly port: number) {}

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('no free port was found');
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }
}

describe('a database that stays connected and answers nothing', () => {
  const postgres = testDatabase();
  let way: Way;
  let database: Database;
  let lost = 0;

  beforeAll(async () => {
    const url = new URL(postgres.ownerUrl);
    way = new Way(Number(url.port));
    url.port = String(await way.listen());
    // Far enough apart that what Postgres does in its time is not late on a busy machine.
    const limits = { connectMs: 8_000, statementMs: 1_000, silentMs: 6_000 };
    const source = new DataSource({ type: 'postgres', url: url.href, poolSize: 2, extra: poolOptions(limits) });
    database = new Database(await source.initialize(), () => (lost += 1));
  });
  afterAll(async () => {
    way.mute = false;
    await database.source.destroy();
    await way.close();
  });
  aroundAll((tests) => acrossWorkspaces(tests));
  beforeEach(() => {
    way.mute = false;
    lost = 0;
  });

  const one = { name: 'test-one', text: 'select 1 as one' };
  const answers = async (): Promise<unknown> => database.run(one);

  it.each<[string, () => Promise<unknown>]>([
    ['a statement', () => database.run(one)],
    ['a transaction', () => database.transaction((tx) => tx.query('select 1'))],
    ['a read', () => database.read((tx) => tx.query('select 1'))],
    [
      'a transaction that has begun',
      () =>
        database.transaction(async (tx) => {
          await tx.query('select 1');
          way.mute = true;
          await tx.query('select 2');
        }),
    ],
  ])('ends %s, whose connection is used no more', async (what, call) => {
    await answers(); // one connection is there and idle
    way.mute = what !== 'a transaction that has begun';
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect([isLostConnection(error), couldNotConnect(error)]).toEqual([true, false]);
    expect(lost).toBeGreaterThan(0);
    way.mute = false;
    // As many at once as the pool holds, and more: none of them gets the connection with the unanswered statement.
    expect(await Promise.all(Array.from({ length: 5 }, answers))).toEqual(Array(5).fill([{ one: 1 }]));
  });

  it('says that it could not be reached, where there is no connection yet', async () => {
    way.mute = true;
    await Promise.allSettled([answers(), answers()]);
    const error: unknown = await answers().catch((reason: unknown) => reason);
    expect(couldNotConnect(error)).toBe(true);
    way.mute = false;
    expect(await answers()).toEqual([{ one: 1 }]);
  });

  it('is told apart from a slow statement, which Postgres ends itself', async () => {
    await expect(database.run({ name: 'test-slow', text: 'select pg_sleep(30)' })).rejects.toMatchObject({
      code: '57014',
    });
    expect(lost).toBe(0);
  });

  it('is told apart from a transaction that takes its time between two statements', async () => {
    await database.transaction(async (tx) => {
      const [before] = await tx.query('select pg_backend_pid() as pid');
      await new Promise((done) => setTimeout(done, 6_600));
      expect(await tx.query('select pg_backend_pid() as pid')).toEqual([before]);
    });
  });
});
