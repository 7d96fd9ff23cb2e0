import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { localPermissions } from '@assay/contracts';
import { ArtifactsModule, BlobStore } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it, vi } from 'vitest';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { TrackingModule } from '../tracking.module.js';

const proxy = '/api/2.0/mlflow-artifacts/artifacts';
const file = { 'content-type': 'application/octet-stream' };

describe('artifacts', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [ArtifactsModule, TrackingModule],
    services: ['registry'],
    environment: { ASSAY_ARTIFACTS_MAX_BYTES: '2000000' },
  });
  const newRun = async (): Promise<string> =>
    (await platform.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' })).body.run.info.run_id;
  const put = (path: string, bytes: Buffer | string, headers: Record<string, string> = file) =>
    platform.call('PUT', `${proxy}/${path}`, bytes, undefined, headers);
  const list = async (run: string, path = '') =>
    (await platform.call('GET', `/api/2.0/mlflow/artifacts/list?run_id=${run}&path=${path}`)).body;

  it('stores bytes and gives them back with their digest', async () => {
    const run = await newRun();
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, place) => (place * 31) % 251));
    expect(await put(`0/${run}/artifacts/model/weights.bin`, bytes)).toMatchObject({ status: 200, body: {} });
    const answer = await platform.call('GET', `${proxy}/0/${run}/artifacts/model/weights.bin`);
    expect(answer.bytes.equals(bytes)).toBe(true);
    const digest = createHash('sha256').update(bytes).digest();
    expect(answer.headers).toMatchObject({
      'content-length': '300000',
      'x-content-type-options': 'nosniff',
      etag: `"${digest.toString('hex')}"`,
      'repr-digest': `sha-256=:${digest.toString('base64')}:`,
    });
    expect(answer.headers['content-disposition']).toContain('attachment');
    const [row] = await database.query('select size, sha256 from tracking.file where owner_id = $1', [run]);
    expect(row).toEqual({ size: '300000', sha256: digest.toString('hex') });
    expect(
      (await platform.call('GET', `/get-artifact?run_uuid=${run}&path=model/weights.bin`)).bytes.equals(bytes),
    ).toBe(true);
  });

  it('takes JSON files as bytes, empty files, and odd names', async () => {
    const run = await newRun();
    expect((await put(`0/${run}/artifacts/broken.json`, '{"a": ', { 'content-type': 'application/json' })).status).toBe(
      200,
    );
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/broken.json`)).bytes.toString()).toBe('{"a": ');
    expect((await put(`0/${run}/artifacts/empty.txt`, '')).status).toBe(200);
    expect((await put(`0/${run}/artifacts/${encodeURIComponent('ünï cødé %20 \'".txt')}`, 'x')).status).toBe(200);
    expect((await list(run)).files.map((each: { path: string }) => each.path)).toEqual([
      'broken.json',
      'empty.txt',
      'ünï cødé %20 \'".txt',
    ]);
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/empty.txt`)).bytes).toHaveLength(0);
  });

  it('lists folders relative to the run, and by their own names behind the proxy', async () => {
    const run = await newRun();
    for (const path of ['b.txt', 'a/one.txt', 'a/deep/two.txt', 'ab/c.txt'])
      await put(`0/${run}/artifacts/${path}`, 'xyz');
    expect(await list(run)).toEqual({
      root_uri: `mlflow-artifacts:/0/${run}/artifacts`,
      files: [
        { path: 'a', is_dir: true },
        { path: 'ab', is_dir: true },
        { path: 'b.txt', is_dir: false, file_size: 3 },
      ],
    });
    expect((await list(run, 'a')).files).toEqual([
      { path: 'a/deep', is_dir: true },
      { path: 'a/one.txt', is_dir: false, file_size: 3 },
    ]);
    expect(await list(run, 'none')).toEqual({ root_uri: `mlflow-artifacts:/0/${run}/artifacts` });
    expect((await platform.call('GET', `${proxy}?path=0/${run}/artifacts/a`)).body.files).toEqual([
      { path: 'deep', is_dir: true },
      { path: 'one.txt', is_dir: false, file_size: 3 },
    ]);
    expect((await platform.call('GET', `${proxy}?path=0/${run}/artifacts/none`)).body).toEqual({});
  });

  it('replaces and deletes files and folders', async () => {
    const run = await newRun();
    await put(`0/${run}/artifacts/a/x.txt`, 'old');
    await put(`0/${run}/artifacts/a/x.txt`, 'new!');
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/a/x.txt`)).bytes.toString()).toBe('new!');
    expect((await put(`0/${run}/artifacts/a`, 'x')).body.message).toContain('is a folder');
    expect((await put(`0/${run}/artifacts/a/x.txt/y`, 'x')).body.message).toContain('is a file');
    expect((await platform.call('DELETE', `${proxy}/0/${run}/artifacts/a`)).body).toEqual({});
    expect(await list(run)).not.toHaveProperty('files');
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/a/x.txt`)).status).toBe(404);
  });

  it('serves one byte range', async () => {
    const run = await newRun();
    await put(`0/${run}/artifacts/r.bin`, '0123456789');
    const read = (range: string) =>
      platform.call('GET', `${proxy}/0/${run}/artifacts/r.bin`, undefined, undefined, { range });
    expect(await read('bytes=2-4')).toMatchObject({
      status: 206,
      headers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' },
    });
    expect((await read('bytes=-3')).bytes.toString()).toBe('789');
    expect((await read('bytes=8-99')).bytes.toString()).toBe('89');
    expect(await read('bytes=10-')).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10' } });
    expect((await read('bytes=1-2,4-5')).status).toBe(200);
  });

  it('serves all of a file of which another state was begun, and no bytes to who asks what it is like', async () => {
    const run = await newRun();
    const path = `0/${run}/artifacts/r.bin`;
    await put(path, '0123456789');
    const read = (headers: Record<string, string>) =>
      platform.call('GET', `${proxy}/${path}`, undefined, undefined, { range: 'bytes=2-4', ...headers });
    const { etag } = (await read({})).headers;
    expect((await read({ 'if-range': String(etag) })).bytes.toString()).toBe('234');
    await put(path, 'abcdefghij');
    const other = await read({ 'if-range': String(etag) });
    expect([other.status, other.bytes.toString()]).toEqual([200, 'abcdefghij']);
    expect((await read({ 'if-range': 'Mon, 23 Nov 2026 00:00:00 GMT' })).status).toBe(200);
    const told = await platform.app.inject({
      method: 'HEAD',
      url: `${proxy}/${path}`,
      headers: { range: 'bytes=2-4' },
    });
    expect([told.statusCode, told.headers['content-length'], told.rawPayload.length]).toEqual([200, '10', 0]);
  });

  it('keeps files of logged models, and serves them under both routes', async () => {
    const { model } = (await platform.call('POST', '/api/2.0/mlflow/logged-models', { experiment_id: '0' })).body;
    const id = model.info.model_id;
    await put(`0/models/${id}/artifacts/MLmodel`, 'flavors: {}');
    expect(
      (await platform.call('GET', `/api/2.0/mlflow/logged-models/${id}/artifacts/directories`)).body.files,
    ).toEqual([{ path: 'MLmodel', is_dir: false, file_size: 11 }]);
    expect(
      (
        await platform.call(
          'GET',
          `/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files?artifact_file_path=MLmodel`,
        )
      ).bytes.toString(),
    ).toBe('flavors: {}');
  });

  it('keeps files under an experiment location of its own', async () => {
    const { body } = await platform.call('POST', '/api/2.0/mlflow/experiments/create', {
      name: 'own place',
      artifact_location: 'mlflow-artifacts:/own/place',
    });
    const created = await platform.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: body.experiment_id });
    const run = created.body.run.info.run_id;
    expect((await put(`own/place/${run}/artifacts/x`, 'x')).status).toBe(200);
    expect((await put(`${body.experiment_id}/${run}/artifacts/x`, 'x')).status).toBe(404);
  });

  it('answers a folder with 400, a missing file with 404, and a path without an owner with 404', async () => {
    const run = await newRun();
    await put(`0/${run}/artifacts/a/x.txt`, 'x');
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/a`)).status).toBe(400);
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/none`)).body.error_code).toBe(
      'RESOURCE_DOES_NOT_EXIST',
    );
    for (const path of ['free.txt', `0/${'f'.repeat(32)}/artifacts/x`, `1/${run}/artifacts/x`, `0/${run}/x`]) {
      expect((await put(path, 'x')).status).toBe(404);
    }
    expect((await platform.call('GET', proxy)).status).toBe(404);
  });

  it.each(['..%2f..%2fx', 'a%5cb', 'a%23b', 'a%00b', 'a%0ab', 'a//b', '%252e%252e/x', 'C:/x', './x%2f..'])(
    'refuses the path %s',
    async (path) => {
      const answer = await put(`0/${await newRun()}/artifacts/${path}`, 'x');
      expect([400, 404]).toContain(answer.status);
      expect(await database.query(`select 1 from tracking.file where path like '%..%'`)).toEqual([]);
    },
  );

  it('refuses files that are too large, of deleted runs, and of other workspaces', async () => {
    const run = await newRun();
    expect((await put(`0/${run}/artifacts/large`, Buffer.alloc(2_000_001))).status).toBe(413);
    await platform.call('POST', '/api/2.0/mlflow/runs/delete', { run_id: run });
    expect((await put(`0/${run}/artifacts/x`, 'x')).body.message).toContain("must be in the 'active' state");
    const other = await newRun();
    actorNamed('stranger', { workspace: 'elsewhere' });
    expect((await platform.call('PUT', `${proxy}/0/${other}/artifacts/x`, 'x', 'stranger', file)).status).toBe(404);
    expect(
      (await platform.call('GET', `/api/2.0/mlflow/artifacts/list?run_id=${other}`, undefined, 'stranger')).status,
    ).toBe(404);
  });

  it('keeps nothing of an upload that breaks off', async () => {
    const run = await newRun();
    const before = storedFiles(platform.dataDir);
    await platform.app.listen(0, '127.0.0.1');
    const socket = connect(Number(new URL(await platform.app.getUrl()).port), '127.0.0.1');
    await once(socket, 'connect');
    const head = `PUT ${proxy}/0/${run}/artifacts/half.bin HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n`;
    await new Promise((sent) => socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(50_000)]), sent));
    await expect.poll(() => storedFiles(platform.dataDir)).toBe(before + 1);
    socket.destroy();
    await expect.poll(() => storedFiles(platform.dataDir)).toBe(before);
    expect(await list(run)).not.toHaveProperty('files');
    expect((await put(`0/${run}/artifacts/half.bin`, 'whole')).status).toBe(200);
    expect((await list(run)).files).toEqual([{ path: 'half.bin', is_dir: false, file_size: 5 }]);
  });

  it('lets go of a file whose reader went away, and goes on serving', async () => {
    const run = await newRun();
    const bytes = Buffer.alloc(1_900_000, 'abc');
    await put(`0/${run}/artifacts/long.bin`, bytes);
    const url = await platform.app.getUrl();
    const openFiles = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => linkTarget(`/proc/self/fd/${fd}`).startsWith(platform.dataDir))
        .length;
    const before = openFiles();
    for (let reader = 0; reader < 5; reader += 1) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`GET ${proxy}/0/${run}/artifacts/long.bin HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      await once(socket, 'data');
      socket.destroy();
    }
    await expect.poll(openFiles).toBe(before);
    const whole = await fetch(`${url}${proxy}/0/${run}/artifacts/long.bin`);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    expect(whole.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('never gives a damaged file whole', async () => {
    const run = await newRun();
    await put(`0/${run}/artifacts/model.bin`, Buffer.alloc(1_000_000, 'abc'));
    const [row] = await database.query('select blob_key from tracking.file where owner_id = $1', [run]);
    const stored = readdirSync(platform.dataDir, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith(String(row?.['blob_key'])),
    );
    chmodSync(join(platform.dataDir, stored ?? ''), 0o600);
    writeFileSync(join(platform.dataDir, stored ?? ''), Buffer.alloc(1_000_000, 'abd'));
    const answer = await fetch(`${await platform.app.getUrl()}${proxy}/0/${run}/artifacts/model.bin`);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
  });

  it('refuses to change files of a sealed version, and gives them still', async () => {
    const run = await newRun();
    await put(`0/${run}/artifacts/model/x.bin`, 'sealed');
    await put(`0/${run}/artifacts/notes.txt`, 'free');
    await seal(run, 'model');
    for (const path of ['model/x.bin', 'model/new.bin', 'model'])
      expect((await put(`0/${run}/artifacts/${path}`, 'x')).status).toBe(409);
    expect((await platform.call('DELETE', `${proxy}/0/${run}/artifacts/model`)).body.error_code).toBe(
      'RESOURCE_CONFLICT',
    );
    expect((await platform.call('DELETE', `${proxy}/0/${run}/artifacts`)).status).toBe(409);
    const deny = { pattern: 'model-*', permissions: ['registry:read' as const], effect: 'deny' as const };
    const blind = actorNamed('blind', { permissions: localPermissions, modelGrants: [deny] }).id;
    const refused = async (as?: string): Promise<string> =>
      (await platform.call('PUT', `${proxy}/0/${run}/artifacts/model/x.bin`, 'x', as, file)).body.message;
    expect(await refused()).toContain(`model-${run}`);
    expect(await refused(blind)).toContain('a version of a model, which is sealed');
    expect((await put(`0/${run}/artifacts/notes.txt`, 'changed')).status).toBe(200);
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/model/x.bin`)).bytes.toString()).toBe('sealed');
  });

  it('keeps nothing of what a legal hold refuses', async () => {
    const run = await newRun();
    await put(`0/${run}/artifacts/notes.txt`, 'evidence');
    await database.query(`begin; set local session_replication_role = replica;
      insert into registry.legal_hold (id, workspace, kind, subject_id, subject_name, reason, set_by, set_at)
        values ('hold-${run}', 'default', 'run', '${run}', '${run}', 'a claim', 'max', now()); commit;`);
    const deleted = vi.spyOn(platform.get<BlobStore>(BlobStore), 'delete');
    expect((await put(`0/${run}/artifacts/notes.txt`, 'forged')).status).toBe(409);
    expect(deleted).toHaveBeenCalledOnce();
    deleted.mockRestore();
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/notes.txt`)).bytes.toString()).toBe('evidence');
  });

  /** Registers a version over a run's folder by hand, as the registry would: its own tests cover how. */
  async function seal(run: string, path: string): Promise<void> {
    await database.query(
      `with model as (insert into registry.registered_model (id, workspace, name, last_version, created_at, updated_at) values ($1, 'default', $1, 1, now(), now()) returning id),
         record as (insert into audit.inbox (id, covers, record, personal)
           values ($1, jsonb_build_array(jsonb_build_array('registry.registered_model', $1::text), jsonb_build_array('registry.model_version', $1::text, '1')), '{}', '{}'))
       insert into registry.model_version (model_id, version, kind, stage, source, storage_uri, owner_kind, owner_id, owner_path, manifest_digest, file_count, total_bytes, registered_by, created_at, updated_at)
       select id, 1, 'sealed', 'None', 's', 's', 'run', $2, $3, 'd', 1, 1, 'test', now(), now() from model`,
      [`model-${run}`, run, path],
    );
  }

  it('keeps the bytes when the answer to the commit is lost: the row that names them may be there', async () => {
    const run = await newRun();
    const writes = platform.get(TrackingWrites);
    const transaction = writes.transaction.bind(writes);
    let calls = 0;
    const spy = vi.spyOn(writes, 'transaction').mockImplementation(async (actor, target, work) => {
      const result = await transaction(actor, target, work);
      calls += 1;
      if (calls === 2) throw new Error('Connection terminated unexpectedly');
      return result;
    });
    expect((await put(`0/${run}/artifacts/a.txt`, 'kept')).status).toBeGreaterThanOrEqual(500);
    spy.mockRestore();
    expect((await platform.call('GET', `${proxy}/0/${run}/artifacts/a.txt`)).bytes.toString()).toBe('kept');
  });
});

/** Files in the artifact folder, unfinished uploads among them. */
function storedFiles(dataDir: string): number {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

/** Where a link leads; nowhere once it is gone. */
function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
