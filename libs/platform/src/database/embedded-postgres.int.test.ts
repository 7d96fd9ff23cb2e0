import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { processAlive } from './process-identity.js';

describe('the embedded Postgres', () => {
  let dataDir: string;
  const started: EmbeddedPostgres[] = [];
  beforeEach(() => {
    dataDir = mkdtempSync(join('/var/tmp', 'assay-embedded-'));
  });
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir });
    started.push(server);
    return server;
  }

  it('keeps what was committed over a stop', async () => {
    const first = await start();
    await query(first.url, 'create table kept (id int); insert into kept values (1)');
    await first.stop();
    expect(processAlive(first.pid)).toBe(false);
    const second = await start();
    expect(await query(second.url, 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('stops the server that a killed platform left behind, and loses no commit', async () => {
    const left = await start();
    await query(left.url, 'create table kept (id int); insert into kept values (1)');
    const next = await start();
    expect(processAlive(left.pid)).toBe(false);
    expect(await query(next.url, 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('stops a server of a platform that was killed before it wrote down which one that is', async () => {
    const left = await start();
    rmSync(join(dataDir, 'postgres.json'));
    const next = await start();
    expect(processAlive(left.pid)).toBe(false);
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('comes back after the server itself was killed', async () => {
    const killed = await start();
    await query(killed.url, 'create table kept (id int); insert into kept values (1)');
    process.kill(killed.pid, 'SIGKILL');
    const next = await start();
    expect(await query(next.url, 'select id from kept')).toEqual([{ id: 1 }]);
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const answer = await client.query(sql);
    return answer.rows;
  } finally {
    await client.end();
  }
}
