import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { archiveLines, AuditModule, LatestCheckpoint, rehearseTampering } from '@assay/audit';
import { systemActor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { DataSource } from 'typeorm';
import { afterAll, aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verificationText, verifyAudit } from '../../apps/cli/src/audit-verify.js';

const records = 600;
const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AuditModule],
  services: ['registry', 'audit'],
  environment: { ASSAY_AUDIT_BATCH_MS: '10', ASSAY_AUDIT_ORIGIN: 'log.example/audit' },
});
const folder = mkdtempSync(join(tmpdir(), 'assay-audit-verify-'));
const ids: string[] = [];
let owner: Database;
let url = '';
let key = '';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  actorNamed('auditor', { roles: ['auditor'], permissions: ['audit:read', 'audit:read-all'] });
  const registry = platform.get<Database>(databaseToken('registry'));
  const audit = platform.get(AuditClient);
  await registry.transaction(async (tx) => {
    for (let i = 0; i < records; i++) {
      const entry = {
        action: 'registry.model.created.v1',
        target: { type: 'model', id: `m${i}` },
        covers: [],
        after: { i },
      } as const;
      ids.push(await audit.record(tx, systemActor, entry));
    }
  });
  await vi.waitFor(
    async () => {
      const [{ size, waiting } = {}] = await database.query(
        'select (select count(*) from audit.leaf) as size, (select count(*) from audit.inbox) as waiting',
      );
      const covered = platform.get(LatestCheckpoint).latest()?.size;
      if (Number(waiting) > 0 || covered !== Number(size))
        throw new Error('not all records are under a checkpoint yet');
    },
    { timeout: 240_000, interval: 20 },
  );
  await platform.app.listen(0, '127.0.0.1');
  url = await platform.app.getUrl();
  key = (await platform.call('GET', '/api/v1/audit/keys')).body.keys[0].verifierKey;
  owner = new Database(await new DataSource({ type: 'postgres', url: database.ownerUrl }).initialize());
});
afterAll(async () => {
  await owner.source.destroy();
  rmSync(folder, { recursive: true, force: true });
});

async function exportTo(name: string, schema = 'audit'): Promise<string> {
  const file = join(folder, name);
  await pipeline(Readable.from(archiveLines(owner, { schema })), createWriteStream(file));
  return file;
}

/** The log's tables once more, in a schema of their own, for somebody with the owner's rights to tamper with. */
async function copyLog(): Promise<void> {
  await database.query('drop schema if exists audit_copy cascade');
  await database.query('create schema audit_copy');
  for (const table of ['leaf', 'tile', 'checkpoint', 'signing_key'])
    await database.query(`create table audit_copy.${table} as table audit.${table}`);
}

describe('assay audit verify', () => {
  it('verifies a running server: what it serves, and every row behind it', async () => {
    const stages: string[] = [];
    const report = await verifyAudit(url, { token: 'auditor', keys: [key], onProgress: (stage) => stages.push(stage) });
    expect(report).toMatchObject({ ok: true, origin: 'log.example/audit', keysFrom: 'verifier', findings: [] });
    expect(report.records).toBeGreaterThan(records);
    expect(stages).toContain('tiles and entries');
  });

  it('verifies an export without a server, and a checkpoint that a client kept', async () => {
    const kept = await platform.call('GET', '/version');
    const header = join(folder, 'kept.txt');
    writeFileSync(header, `Assay-Checkpoint: ${String(kept.headers['assay-checkpoint'])}\n`);
    const report = await verifyAudit(await exportTo('honest.jsonl'), { keys: [key], checkpointFiles: [header] });
    expect(verificationText(report)).toMatch(/^The audit log log\.example\/audit verifies: \d+ records, all of them\./);
  });

  it('names the record that the owner of the database changed in a copy, in the leaf or in a column', async () => {
    await copyLog();
    await database.query(
      "update audit_copy.leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'm333', 'm334'), 'UTF8'), target_id = 'm334' where id = $1",
      [ids[333]],
    );
    const leaf = await verifyAudit(await exportTo('leaf.jsonl', 'audit_copy'), { keys: [key] });
    expect(leaf.findings).toEqual([
      { index: expect.any(Number), id: ids[333], problem: 'its content is not what was hashed into the log' },
    ]);
    await copyLog();
    await database.query(
      "update audit_copy.leaf set recorded_at = recorded_at - interval '1 microsecond' where id = $1",
      [ids[10]],
    );
    const column = await verifyAudit(await exportTo('column.jsonl', 'audit_copy'), { keys: [key] });
    expect(column.findings).toMatchObject([
      { id: ids[10], problem: expect.stringContaining('its row in the database says time') },
    ]);
    expect(verificationText(column)).toContain('does NOT verify');
  });

  it('names the record that a rehearsed tampering changed everywhere, and leaves the log itself alone', async () => {
    const file = join(folder, 'rehearsed.jsonl');
    await rehearseTampering(database.ownerUrl, { recordId: ids[77] ?? '', from: 'm77', to: 'm78' }, file);
    const report = await verifyAudit(file, { keys: [key] });
    expect(report.findings).toMatchObject([
      { id: ids[77], problem: 'its content is not what was hashed into the log' },
    ]);
    expect(await verifyAudit(await exportTo('after.jsonl'), { keys: [key] })).toMatchObject({ ok: true });
    expect(
      await database.query("select from information_schema.schemata where schema_name = 'audit_rehearsal'"),
    ).toEqual([]);
    await expect(rehearseTampering(database.ownerUrl, { recordId: 'none', from: 'a', to: 'b' }, file)).rejects.toThrow(
      'There is no record none',
    );
  });

  it('notices a copy whose end was cut off together with its checkpoints, once somebody kept one', async () => {
    await copyLog();
    const [kept] = await database.query(
      "select size, encode(root, 'base64') as root from audit.checkpoint where note is not null order by size desc limit 1",
    );
    const [earlier] = await database.query(
      'select size from audit.checkpoint where note is not null order by size limit 1',
    );
    await database.query('delete from audit_copy.leaf where index >= $1', [earlier?.['size']]);
    await database.query('delete from audit_copy.checkpoint where size > $1', [earlier?.['size']]);
    const file = await exportTo('short.jsonl', 'audit_copy');
    expect(await verifyAudit(file, { keys: [key] })).toMatchObject({ ok: true });
    const header = join(folder, 'last.txt');
    writeFileSync(header, `${String(kept?.['size'])} ${String(kept?.['root'])}`);
    expect(verificationText(await verifyAudit(file, { keys: [key], checkpointFiles: [header] }))).toContain(
      'its end was cut off',
    );
  });

  it('finds every one of 200 random changes of one byte in leaves, tiles and columns', async () => {
    const columns = ['id', 'workspace', 'actor_id', 'actor_kind', 'action', 'target_type', 'target_id', 'outcome'];
    let found = 0;
    await copyLog();
    for (let round = 0; round < 200; round++) {
      const index = (round * 7919) % records;
      const column = columns[round % columns.length];
      const byte = (round * 104_729) % 100;
      const changes = [
        [
          `update audit_copy.leaf set leaf = set_byte(leaf, ${byte}, get_byte(leaf, ${byte}) # 1) where index = ${index}`,
          'leaf',
        ],
        [
          `update audit_copy.tile set hashes = set_byte(hashes, ${index % 128}, get_byte(hashes, ${index % 128}) # 1) where level = 0 and index = ${round % 3}`,
          'tile',
        ],
        [`update audit_copy.leaf set ${column} = ${column} || 'x' where index = ${index}`, 'leaf'],
      ] as const;
      const [sql = '', table = 'leaf'] = changes[round % changes.length] ?? [];
      await database.query(sql);
      const report = await verifyAudit(await exportTo('byte.jsonl', 'audit_copy'), { keys: [key] });
      if (!report.ok) found += 1;
      await database.query(`truncate audit_copy.${table}`);
      await database.query(`insert into audit_copy.${table} table audit.${table}`);
    }
    expect(found).toBe(200);
  });
});
