import { type Actor, systemActor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import {
  parseVerifierKey,
  verifyArchive,
  verifyConsistency,
  verifyServedLog,
  verifyTlogProof,
  parseCheckpoint,
  parseNote,
  type NoteVerifier,
  type VerificationReport,
  type VerifyOptions,
} from '@assay/pure/merkle';
import { decodeBase64 } from '@assay/pure/formats';
import { Metrics } from '@assay/platform/telemetry';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuditModule } from '../audit.module.js';
import { sha256, verifyEd25519 } from '../log/sha256.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [AuditModule],
  services: ['registry', 'audit'],
  environment: { ASSAY_AUDIT_BATCH_MS: '10' },
});
const options: VerifyOptions = { sha256, verifyEd25519 };
const ada: Actor = { ...systemActor, id: 'ada', kind: 'person', name: 'Ada' };
const records = 300;
const ids: string[] = [];

async function get(url: string, as?: string) {
  return platform.call('GET', url, undefined, as);
}

async function waitForSize(size: number): Promise<string> {
  return vi.waitFor(
    async () => {
      const { body, status } = await get('/log/checkpoint');
      if (status !== 200 || Number(String(body).split('\n')[1]) < size)
        throw new Error(`the log has not grown to ${size} records`);
      return String(body);
    },
    { timeout: 100_000, interval: 20 },
  );
}

async function keysOf(): Promise<{ texts: string[]; verifiers: NoteVerifier[] }> {
  const { body } = await get('/api/v1/audit/keys');
  const texts: string[] = body.keys.map((key: { verifierKey: string }) => key.verifierKey);
  return {
    texts,
    verifiers: texts.map((text) => parseVerifierKey(sha256, text, verifyEd25519)).filter((key) => key !== null),
  };
}

async function* linesOf(text: string): AsyncGenerator<string> {
  for (const line of text.split('\n').slice(0, -1)) yield line;
}

async function verifyExport(query = '', given: Partial<VerifyOptions> = {}): Promise<VerificationReport> {
  const { bytes, status } = await get(`/api/v1/audit/export${query}`, 'auditor');
  expect(status).toBe(200);
  return verifyArchive(linesOf(bytes.toString()), { ...options, ...given });
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  actorNamed('auditor', { roles: ['auditor'], permissions: ['audit:read', 'audit:read-all'] });
  actorNamed('approver', { roles: ['approver'], permissions: ['audit:read'], workspace: 'team-a' });
  actorNamed('viewer', { roles: ['viewer'], permissions: [] });
  const registry = platform.get<Database>(databaseToken('registry'));
  const audit = platform.get(AuditClient);
  for (let i = 0; i < records; i++) {
    const actor = { ...ada, workspace: i % 3 === 0 ? 'team-a' : 'default' };
    ids.push(
      await registry.transaction((tx) =>
        audit.record(tx, actor, {
          action: 'registry.model.created.v1',
          target: { type: 'model', id: `m${i}` },
          covers: [],
          after: { i },
          reason: `reason ${i}`,
        }),
      ),
    );
  }
  await vi.waitFor(
    async () => {
      const waiting = await database.query('select from audit.inbox');
      if (waiting.length > 0) throw new Error('not all records are sequenced yet');
    },
    { timeout: 100_000, interval: 20 },
  );
  const [last] = await database.query('select max(index) + 1 as size from audit.leaf');
  await waitForSize(Number(last?.['size']));
});

describe('the log over HTTP', () => {
  it('verifies as a whole from checkpoint, tiles and entry bundles', async () => {
    const { texts } = await keysOf();
    const read = async (path: string) => {
      const answer = await get(`/log/${path}`, 'auditor');
      if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
      return answer.bytes;
    };
    const report = await verifyServedLog(read, texts, options);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ ok: true, complete: true, keysFrom: 'log' });
    expect(report.records).toBeGreaterThanOrEqual(records + 1);
  });

  it('carries the newest checkpoint on every answer', async () => {
    const note = await waitForSize(1);
    const [, size, root] = note.split('\n');
    expect((await get('/api/v1/audit/keys')).headers['assay-checkpoint']).toBe(`${size} ${root}`);
  });

  it('shows on the metrics how far it is and that it is sound', async () => {
    const text = await platform.get(Metrics).registry.metrics();
    expect(Number(/^assay_audit_log_records (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(records);
    expect(text).toMatch(/^assay_audit_waiting_records \d+$/m);
    expect(text).toMatch(/^assay_audit_log_damaged 0$/m);
  });

  it('gives entry bundles to auditors of the whole installation only, tiles to anyone', async () => {
    expect((await get('/log/tile/entries/000', 'approver')).status).toBe(403);
    expect((await get('/log/tile/entries/000', 'nobody')).status).toBe(401);
    expect((await get('/log/tile/entries/000', 'auditor')).status).toBe(200);
    expect((await get('/log/tile/0/000')).bytes).toHaveLength(8192);
    expect((await get('/log/tile/1/000.p/1')).bytes).toHaveLength(32);
    expect((await get('/log/tile/0/000')).headers['cache-control']).toContain('immutable');
  });

  it.each(['0/0', '9/000', '0/000.p/0', '0/999', '1/000', 'entries%2f000', '0/x'])('has no tile %s', async (path) => {
    expect((await get(`/log/tile/${path}`)).status).toBe(404);
  });

  it('proves each record by a text that verifies offline', async () => {
    const { verifiers } = await keysOf();
    for (const id of [ids[0], ids[255], ids[records - 1]]) {
      const record = await get(`/api/v1/audit/records/${id}`, 'auditor');
      const proof = await get(`/api/v1/audit/records/${id}/proof`, 'auditor');
      const verified = await verifyTlogProof(sha256, String(proof.body), Buffer.from(record.body.leaf), verifiers);
      expect(verified).toMatchObject({ index: record.body.index });
      expect(
        await verifyTlogProof(sha256, String(proof.body), Buffer.from(`${record.body.leaf} `), verifiers),
      ).toHaveProperty('problem');
    }
  });

  it('proves that it only grew', async () => {
    const note = await waitForSize(records + 1);
    const { size, root } = parseCheckpoint(parseNote(note)?.text ?? '') ?? { size: 0, root: new Uint8Array() };
    const [old] = await database.query(
      'select size, root from audit.checkpoint where note is not null order by size limit 1',
    );
    const { body } = await get(`/api/v1/audit/consistency?from=${old?.['size']}&to=${size}`, 'auditor');
    const hashes = body.hashes.map((hash: string) => decodeBase64(hash) ?? new Uint8Array());
    const oldRoot = old?.['root'] instanceof Buffer ? old['root'] : Buffer.alloc(0);
    expect(verifyConsistency(sha256, Number(old?.['size']), oldRoot, size, root, hashes)).toBe(true);
    expect((await get('/api/v1/audit/consistency?from=5&to=4', 'auditor')).status).toBe(400);
  });
});

describe('records', () => {
  it('are found by filter, page by page, newest first', async () => {
    const seen: number[] = [];
    for (let before: number | null = null, pages = 0; pages < 10; pages++) {
      const { body } = await get(
        `/api/v1/audit/records?action=registry.&actor=ada&limit=77${before === null ? '' : `&before=${before}`}`,
        'auditor',
      );
      seen.push(...body.records.map((record: { index: number }) => record.index));
      before = body.nextBefore;
      if (before === null) break;
    }
    expect(seen).toHaveLength(records);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
    const { body } = await get('/api/v1/audit/records?targetType=model&targetId=m17', 'auditor');
    expect(body.records).toMatchObject([{ target: { id: 'm17' }, actor: { id: 'ada' }, workspace: 'default' }]);
    expect(
      (await get(`/api/v1/audit/records?text=${encodeURIComponent('"M17"')}`, 'auditor')).body.records,
    ).toHaveLength(1);
  });

  it('of other workspaces stay hidden from the auditor of one', async () => {
    const { body } = await get('/api/v1/audit/records?limit=500&action=registry.', 'approver');
    expect(body.records).toHaveLength(records / 3);
    expect(body.records.every((record: { workspace: string }) => record.workspace === 'team-a')).toBe(true);
    expect((await get('/api/v1/audit/records?workspace=default', 'approver')).status).toBe(403);
    expect((await get(`/api/v1/audit/records/${ids[1]}`, 'approver')).status).toBe(404);
    expect((await get(`/api/v1/audit/records/${ids[0]}`, 'approver')).body).toMatchObject({
      personal: { reason: 'reason 0' },
    });
    expect((await get('/api/v1/audit/records', 'viewer')).status).toBe(403);
  });

  it('answer bad input with a sentence', async () => {
    for (const query of ['limit=0', 'limit=x', 'before=-1', 'from=yesterday', 'outcome=maybe', 'text=a']) {
      const { status, body } = await get(`/api/v1/audit/records?${query}`, 'auditor');
      expect({ query, status, detail: body.detail }).toEqual({ query, status: 400, detail: expect.any(String) });
    }
    expect((await get('/api/v1/audit/records/none', 'auditor')).status).toBe(404);
    expect((await get('/api/v1/audit/records/none/proof', 'auditor')).status).toBe(404);
  });
});

describe('an export', () => {
  it('verifies offline, whole or filtered, and is itself recorded', async () => {
    const whole = await verifyExport();
    expect(whole).toMatchObject({ ok: true, complete: true, findings: [] });
    expect(whole.records).toBe(whole.size);
    const part = await verifyExport('?targetType=model&workspace=team-a');
    expect(part).toMatchObject({ ok: true, complete: false, findings: [], records: records / 3 });
    const of = await get('/api/v1/audit/export?action=registry.', 'approver');
    expect(of.bytes.toString().split('\n')).toHaveLength(records / 3 + 3);
    await expect
      .poll(
        async () =>
          (await get('/api/v1/audit/records?action=audit.records.exported.v1', 'auditor')).body.records.length,
      )
      .toBeGreaterThan(0);
  });

  it('names the record whose row was changed behind the platform, and the column', async () => {
    await database.query("update audit.leaf set actor_id = 'somebody' where id = $1", [ids[41]]);
    const { findings, ok } = await verifyExport();
    await database.query("update audit.leaf set actor_id = 'ada' where id = $1", [ids[41]]);
    expect(ok).toBe(false);
    expect(findings).toEqual([
      {
        index: expect.any(Number),
        id: ids[41],
        problem: 'its row in the database says actorId "somebody", the log says "ada"',
      },
    ]);
  });

  it('names the record whose content was changed, and one that was removed', async () => {
    await database.query('create table leaf_kept as select * from audit.leaf where id = any($1)', [[ids[7], ids[9]]]);
    await database.query(
      "update audit.leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'm7', 'mX'), 'UTF8') where id = $1",
      [ids[7]],
    );
    const changed = await verifyExport();
    expect(changed.findings[0]).toEqual({
      index: expect.any(Number),
      id: ids[7],
      problem: 'its content is not what was hashed into the log',
    });
    expect(changed.findings).toHaveLength(1);
    await database.query('delete from audit.leaf where id = $1', [ids[9]]);
    const removed = await verifyExport();
    expect(removed.findings.map(({ problem }) => problem).join('\n')).toMatch(/the record of index \d+ is missing/);
    await database.query('delete from audit.leaf where id = any($1)', [[ids[7], ids[9]]]);
    await database.query('insert into audit.leaf select * from leaf_kept');
    expect((await verifyExport()).findings).toEqual([]);
  });

  it('shows a log that was rewritten or cut short to whoever kept a checkpoint, and a foreign key to whoever knows the real one', async () => {
    const honest = await verifyExport();
    const known = [
      { size: 100, root: new Uint8Array(32) },
      { size: honest.size + 50, root: new Uint8Array(32) },
    ];
    const report = await verifyExport('', { known });
    expect(report.findings.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('the checkpoint of 100 records that was kept outside has the root'),
      expect.stringContaining('its end was cut off'),
    ]);
    const foreign = await verifyExport('', {
      trustedKeys: ['PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
    });
    expect(foreign.findings[0]?.problem).toContain('signed by no known key');
  });
});
