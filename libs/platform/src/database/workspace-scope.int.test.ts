import { testDatabase } from '@assay/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestContext } from '../telemetry/index.js';
import { Database } from './database.js';
import { acrossWorkspaces, inWorkspace } from './workspace-scope.js';

const postgres = testDatabase();
let database: Database;

const ask = { name: 'test-told', text: `select current_setting('assay.workspace', true) as told` };
const ways: Readonly<Record<string, () => Promise<{ told: string }[]>>> = {
  run: () => database.run(ask),
  walk: () => database.walk(ask),
  read: () => database.read((tx) => tx.query(ask.text)),
  transaction: () => database.transaction((tx) => tx.query(ask.text)),
};
const request = (workspace?: string) => ({
  requestId: 'one',
  sourceAddress: '',
  auditIds: [],
  ...(workspace === undefined ? {} : { workspace }),
});

async function toldTo(way: string): Promise<string | undefined> {
  return (await ways[way]?.())?.[0]?.told;
}

beforeAll(async () => {
  const source = await new DataSource({ type: 'postgres', url: postgres.urls.registry, poolSize: 1 }).initialize();
  database = new Database(source);
});
afterAll(async () => {
  await database.onApplicationShutdown();
  await database.source.destroy();
});

describe.each(Object.keys(ways))('%s', (way) => {
  beforeEach(() => vi.restoreAllMocks());

  it('runs in the workspace of the caller, or in the one that is said', async () => {
    expect(await requestContext.run(request('fraud'), () => toldTo(way))).toBe('fraud');
    expect(await requestContext.run(request('credit'), () => toldTo(way))).toBe('credit');
    expect(await inWorkspace('fraud', () => toldTo(way))).toBe('fraud');
    expect(await acrossWorkspaces(() => toldTo(way))).toBe('*');
    expect(await acrossWorkspaces(() => inWorkspace('credit', () => toldTo(way)))).toBe('credit');
  });

  it('does not run where nobody has said whose work it is', async () => {
    await expect(toldTo(way)).rejects.toThrow('says no workspace');
    await expect(requestContext.run(request(), () => toldTo(way))).rejects.toThrow('says no workspace');
    await expect(requestContext.run(request('fraud'), () => requestContext.exit(() => toldTo(way)))).rejects.toThrow(
      'says no workspace',
    );
  });

  it('takes nothing from what surrounds a request', async () => {
    expect(await acrossWorkspaces(() => requestContext.run(request('fraud'), () => toldTo(way)))).toBe('fraud');
    await expect(acrossWorkspaces(() => requestContext.run(request(), () => toldTo(way)))).rejects.toThrow(
      'says no workspace',
    );
  });

  it('tells a connection once, for as long as the workspace is the same', async () => {
    await inWorkspace('fraud', () => toldTo(way));
    const statements = vi.spyOn(pg.Client.prototype, 'query');
    const tellings = (): number =>
      statements.mock.calls.filter(([query]) => JSON.stringify(query).includes('declare-workspace')).length;
    for (let time = 0; time < 3; time += 1) await inWorkspace('fraud', () => toldTo(way));
    expect(tellings()).toBe(0);
    await inWorkspace('credit', () => toldTo(way));
    expect(tellings()).toBe(1);
  });

  it('is right after a failure on the connection, too', async () => {
    const failing = { name: 'test-failing', text: 'select 1 / 0' };
    for (const fail of [
      () => database.run(failing),
      () => database.walk(failing),
      () => database.read((tx) => tx.query(failing.text)),
      () => database.transaction((tx) => tx.query(failing.text)),
    ]) {
      await expect(inWorkspace('fraud', fail)).rejects.toThrow('division by zero');
      expect(await inWorkspace('fraud', () => toldTo(way))).toBe('fraud');
      await expect(inWorkspace('credit', fail)).rejects.toThrow('division by zero');
      expect(await inWorkspace('fraud', () => toldTo(way))).toBe('fraud');
    }
  });
});

describe('a workspace', () => {
  it.each(['', '*'])('is not named "%s"', (name) => {
    expect(() => inWorkspace(name, () => null)).toThrow('is no workspace');
  });
});
