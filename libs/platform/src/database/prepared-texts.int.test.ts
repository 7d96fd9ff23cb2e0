import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { afterAll, aroundAll, beforeAll, expect, it } from 'vitest';
import { Database } from './database.js';
import { inTransaction, type Session } from './prepared.js';
import { PreparedTexts } from './prepared-texts.js';
import { acrossWorkspaces } from './workspace-scope.js';

const mostNames = 200;

const postgres = testDatabase();
let database: Database;

aroundAll((tests) => acrossWorkspaces(tests));
beforeAll(async () => {
  const source = new DataSource({ type: 'postgres', url: postgres.ownerUrl, poolSize: 1 });
  database = new Database(await source.initialize());
});
afterAll(async () => {
  await database.onApplicationShutdown();
  await database.source.destroy();
});

/** One for all connections of a process. */
const texts = new PreparedTexts();
const fixed = { name: 'test-fixed', text: 'select 1 as one' };
const counted = {
  name: 'test-count-names',
  text: `select count(*)::int as n from pg_prepared_statements where name like 'search%'`,
};

function inOneTransaction(): Session {
  return { run: (statement, values) => database.transaction((tx) => inTransaction(tx).run(statement, values)) };
}

const sessions: [string, () => Session][] = [
  ['on a connection of the pool', () => database],
  ['on a walking connection', () => database.walks],
  ['in a transaction', inOneTransaction],
];

it.each(sessions)('keeps no more texts than it has names for, %s', async (where, sessionOf) => {
  const session = sessionOf();
  const often = `select -1 as n -- ${where}`;
  for (let size = 0; size < 2 * mostNames; size += 1) {
    const text = `select ${size} as n -- ${where}`;
    for (let use = 0; use < 2; use += 1) expect(await session.run(texts.statement(text))).toEqual([{ n: size }]);
    expect(await session.run(texts.statement(often))).toEqual([{ n: -1 }]);
    expect(await session.run(fixed)).toEqual([{ one: 1 }]);
  }
  const [kept] = await session.run<{ n: number }>(counted);
  expect(kept?.n).toBeGreaterThan(0);
  expect(kept?.n).toBeLessThanOrEqual(mostNames);
});

it('has a name for what is asked often, however many texts there were before, and never the same for two', () => {
  const named = new Map<string, string>();
  for (let size = 0; size < 5 * mostNames; size += 1) {
    const text = `select ${size}`;
    texts.statement(text);
    const { name } = texts.statement(text);
    expect(name).not.toBe('');
    expect(named.get(name) ?? text).toBe(text);
    named.set(name, text);
  }
});

it('has none for what is asked once, or is very long', () => {
  expect(texts.statement('select once').name).toBe('');
  const long = `select '${'x'.repeat(8000)}'`;
  for (let use = 0; use < 3; use += 1) expect(texts.statement(long).name).toBe('');
});
