import { createHash, randomUUID } from 'node:crypto';
import { ArtifactsModule, BlobStore } from '@assay/platform/artifacts';
import { Clock } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it, vi } from 'vitest';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { TrackingModule } from '../tracking.module.js';
import { FileStore } from './file.store.js';
import { SweepUploads } from './sweep-uploads.js';

const server = process.env.ASSAY_TEST_S3_URL;
const mpu = '/api/2.0/mlflow-artifacts/mpu';
const proxy = '/api/2.0/mlflow-artifacts/artifacts';
const mebibyte = 1024 * 1024;

/** Two full parts and a rest, different in every place. */
const content = Buffer.alloc(10 * mebibyte + 12_345);
for (let at = 0; at < content.length; at += 4)
  content.writeUInt32LE(Math.imul(at + 1, 2_654_435_761) >>> 0, Math.min(at, content.length - 4));
const pieces = [
  content.subarray(0, 5 * mebibyte),
  content.subarray(5 * mebibyte, 10 * mebibyte),
  content.subarray(10 * mebibyte),
];

interface Credential {
  url: string;
  part_number: number;
  headers: Record<string, string>;
}

describe.skipIf(!server)('multipart uploads (needs MinIO)', () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [ArtifactsModule, TrackingModule],
    services: ['registry'],
    environment: {
      ASSAY_ARTIFACTS_URL: `${server}/assay-test-${randomUUID()}`,
      ASSAY_ARTIFACTS_PRESIGNED_DOWNLOADS: '1',
      ASSAY_ARTIFACTS_MAX_BYTES: String(11 * mebibyte),
    },
  });
  const newRun = async (): Promise<string> =>
    (await platform.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' })).body.run.info.run_id;
  const create = (folder: string, path: string, parts = 3) =>
    platform.call('POST', `${mpu}/create/${folder}`, { path, num_parts: parts });
  const complete = (folder: string, path: string, uploadId: string, parts: object[]) =>
    platform.call('POST', `${mpu}/complete/${folder}`, { path, upload_id: uploadId, parts });
  const send = async (credentials: Credential[], bodies: readonly Buffer[] = pieces) =>
    Promise.all(
      credentials.map(async ({ url, part_number: number, headers }) => {
        const answer = await fetch(url, {
          method: 'PUT',
          body: new Uint8Array(bodies[number - 1] ?? Buffer.alloc(0)),
          headers,
        });
        await answer.arrayBuffer();
        return { part_number: number, etag: answer.headers.get('etag'), url };
      }),
    );
  const list = async (run: string) =>
    (await platform.call('GET', `/api/2.0/mlflow/artifacts/list?run_id=${run}`)).body.files;
  const blobs = () => platform.get<BlobStore>(BlobStore);
  const keys = async () =>
    (await database.query('select blob_key from tracking.multipart_upload')).map((row) => String(row['blob_key']));

  it('stores a file from parts that went to the store itself, with the SHA-256 of the whole', async () => {
    const run = await newRun();
    const folder = `0/${run}/artifacts/model`;
    const begun = await create(folder, '/home/someone/deep/weights.bin');
    expect(begun.status).toBe(200);
    expect(begun.body.credentials.map((each: Credential) => each.part_number)).toEqual([1, 2, 3]);
    const { upload_id: id, credentials } = begun.body;
    const parts = await send(credentials);
    expect(await list(run)).toBeUndefined();
    // The order of the list does not count, quotes or none around a tag neither.
    const unordered = parts.toReversed().map((part) => ({ ...part, etag: part.etag?.replaceAll('"', '') }));
    expect(await complete(folder, '/home/someone/deep/weights.bin', id, unordered)).toMatchObject({
      status: 200,
      body: {},
    });
    const [row] = await database.query('select path, size, sha256 from tracking.file where owner_id = $1', [run]);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(row).toEqual({ path: 'model/weights.bin', size: String(content.length), sha256 });
    expect((await platform.call('GET', `${proxy}/${folder}/weights.bin`)).bytes.equals(content)).toBe(true);
    // A client that lost the answer asks again, and an address that is still valid puts nothing more.
    expect((await complete(folder, 'weights.bin', id, parts)).status).toBe(200);
    expect((await fetch(credentials[0].url, { method: 'PUT', body: 'other' })).status).toBe(404);
    expect((await platform.call('POST', `${mpu}/abort/${folder}`, { path: 'weights.bin', upload_id: id })).status).toBe(
      409,
    );
  });

  it('gives addresses of the store for downloads in ranges, where that is on', async () => {
    const run = await newRun();
    await platform.call('PUT', `${proxy}/0/${run}/artifacts/a.txt`, '0123456789', undefined, {
      'content-type': 'application/octet-stream',
    });
    const { body } = await platform.call('GET', `/api/2.0/mlflow-artifacts/presigned/0/${run}/artifacts/a.txt`);
    expect(body).toMatchObject({
      headers: {},
      file_size: 10,
      sha256: createHash('sha256').update('0123456789').digest('hex'),
    });
    const answer = await fetch(body.url, { headers: { range: 'bytes=2-4' } });
    expect([answer.status, await answer.text(), answer.headers.get('content-disposition')]).toEqual([
      206,
      '234',
      'attachment',
    ]);
    expect((await platform.call('GET', `/api/2.0/mlflow-artifacts/presigned/0/${run}/artifacts/b`)).status).toBe(404);
    expect((await platform.call('GET', '/api/3.0/mlflow/server-info')).body).toMatchObject({
      multipart_uploads_enabled: true,
      multipart_downloads_enabled: true,
    });
  });

  it('refuses parts that are missing, doubled, foreign or too small, and the upload can still be completed', async () => {
    const run = await newRun();
    const folder = `0/${run}/artifacts`;
    const { upload_id: id, credentials } = (await create(folder, 'x.bin')).body;
    const parts = await send(credentials);
    const [first, second] = parts;
    for (const wrong of [
      [],
      parts.slice(1),
      [first, first, second],
      parts.map((part) => ({ ...part, etag: 'f'.repeat(32) })),
    ])
      expect(
        (
          await complete(
            folder,
            'x.bin',
            id,
            wrong.flatMap((each) => (each ? [each] : [])),
          )
        ).status,
      ).toBe(400);
    expect((await complete(folder, 'x.bin', id, [{ ...first, etag: '<x/>' }])).status).toBe(400);
    expect((await complete(folder, 'x.bin', id, parts)).status).toBe(200);
    const small = (await create(folder, 'small.bin', 2)).body;
    const tiny = await send(small.credentials, [Buffer.from('a'), Buffer.from('b')]);
    expect((await complete(folder, 'small.bin', small.upload_id, tiny)).body.error_code).toBe(
      'INVALID_PARAMETER_VALUE',
    );
  });

  it('knows an upload only by its own file, and not after it was aborted', async () => {
    const run = await newRun();
    const folder = `0/${run}/artifacts`;
    const { upload_id: id, credentials } = (await create(folder, 'x.bin')).body;
    const parts = await send(credentials);
    expect((await complete(folder, 'y.bin', id, parts)).status).toBe(404);
    expect((await complete(`0/${await newRun()}/artifacts`, 'x.bin', id, parts)).status).toBe(404);
    expect((await complete(folder, 'x.bin', randomUUID(), parts)).status).toBe(404);
    expect((await platform.call('POST', `${mpu}/abort/${folder}`, { path: 'x.bin', upload_id: id })).body).toEqual({});
    expect((await complete(folder, 'x.bin', id, parts)).status).toBe(404);
    expect((await platform.call('POST', `${mpu}/abort/${folder}`, { path: 'x.bin', upload_id: id })).status).toBe(404);
    expect(await list(run)).toBeUndefined();
  });

  it('refuses paths that are none, unknown owners, too many parts and files that are too large', async () => {
    const run = await newRun();
    for (const [folder, path] of [
      [`0/${run}/artifacts`, '/'],
      [`0/${run}/artifacts`, '..'],
      [`0/${run}/artifacts/..%2f..`, 'x'],
      [`0/${run}/artifacts/%252e%252e`, 'x'],
      [`0/${run}/artifacts`, 'a#b'],
    ] as const)
      expect([400, 404]).toContain((await create(folder, path)).status);
    expect((await create(`0/${'f'.repeat(32)}/artifacts`, 'x')).status).toBe(404);
    for (const parts of [0, -1, 10_001, 1.5]) expect((await create(`0/${run}/artifacts`, 'x', parts)).status).toBe(400);
    const { upload_id: id, credentials } = (await create(`0/${run}/artifacts`, 'large')).body;
    const sent = await send(credentials, [
      Buffer.alloc(5 * mebibyte),
      Buffer.alloc(5 * mebibyte),
      Buffer.alloc(2 * mebibyte),
    ]);
    const before = await keys();
    expect((await complete(`0/${run}/artifacts`, 'large', id, sent)).status).toBe(413);
    for (const key of before.slice(-1)) expect(await blobs().stat(key)).toBeUndefined();
  });

  it('refuses a path that was sealed meanwhile, and keeps nothing', async () => {
    const run = await newRun();
    const folder = `0/${run}/artifacts/model`;
    const { upload_id: id, credentials } = (await create(folder, 'x.bin')).body;
    const parts = await send(credentials);
    await database.query(
      `with model as (insert into registry.registered_model (id, workspace, name, last_version, created_at, updated_at) values ($1, 'default', $1, 1, now(), now()) returning id),
         record as (insert into audit.inbox (id, covers, record, personal)
           values ($1, jsonb_build_array(jsonb_build_array('registry.registered_model', $1::text), jsonb_build_array('registry.model_version', $1::text, '1')), '{}', '{}'))
       insert into registry.model_version (model_id, version, kind, stage, source, storage_uri, owner_kind, owner_id, owner_path, manifest_digest, file_count, total_bytes, registered_by, created_at, updated_at)
       select id, 1, 'sealed', 'None', 's', 's', 'run', $2, 'model', 'd', 1, 1, 'test', now(), now() from model`,
      [`model-${run}`, run],
    );
    expect((await complete(folder, 'x.bin', id, parts)).body.error_code).toBe('RESOURCE_CONFLICT');
    expect((await create(folder, 'y.bin')).status).toBe(409);
    expect(await list(run)).toBeUndefined();
  });

  it('goes on where a process ended between joining the parts and writing the row', async () => {
    const run = await newRun();
    const folder = `0/${run}/artifacts`;
    const { upload_id: id, credentials } = (await create(folder, 'x.bin')).body;
    const parts = await send(credentials);
    const lost = vi
      .spyOn(platform.get(FileStore), 'put')
      .mockRejectedValueOnce(new Error('Connection terminated unexpectedly'));
    expect((await complete(folder, 'x.bin', id, parts)).status).toBeGreaterThanOrEqual(500);
    lost.mockRestore();
    const both = await Promise.all([complete(folder, 'x.bin', id, parts), complete(folder, 'x.bin', id, parts)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await platform.call('GET', `${proxy}/${folder}/x.bin`)).bytes.equals(content)).toBe(true);
  });

  it('keeps the bytes of a file that another request completed, when a repeated one is refused', async () => {
    const folder = `0/${await newRun()}/artifacts`;
    const { upload_id: id, credentials } = (await create(folder, 'twice.bin')).body;
    const parts = await send(credentials);
    const [row] = await database.query('select blob_key from tracking.multipart_upload where id = $1', [id]);
    const writes = platform.get<TrackingWrites>(TrackingWrites);
    const write = writes.transaction.bind(writes);
    const writing = vi.spyOn(writes, 'transaction');
    writing.mockImplementationOnce(write).mockImplementationOnce(async () => {
      // Another process came first, and this caller may write no more.
      await database.query('update tracking.multipart_upload set completed_ms = 1 where id = $1', [id]);
      throw new AppError('RESOURCE_CONFLICT', 'no more');
    });
    try {
      expect((await complete(folder, 'twice.bin', id, parts)).status).toBe(409);
    } finally {
      writing.mockRestore();
    }
    expect(await blobs().stat(String(row?.['blob_key']))).toEqual({ size: content.length });
  });

  it('says yes to an abort that the store failed, and the sweep makes it true, joined or not', async () => {
    await database.query('delete from tracking.multipart_upload');
    const run = await newRun();
    const folder = `0/${run}/artifacts`;
    const abort = (path: string, id: string) =>
      platform.call('POST', `${mpu}/abort/${folder}`, { path, upload_id: id });
    const open = (await create(folder, 'open.bin')).body;
    const joined = (await create(folder, 'joined.bin')).body;
    const parts = await send(joined.credentials);
    const lost = vi.spyOn(platform.get(FileStore), 'put').mockRejectedValueOnce(new Error('Connection terminated'));
    expect((await complete(folder, 'joined.bin', joined.upload_id, parts)).status).toBeGreaterThanOrEqual(500);
    lost.mockRestore();
    const direct = blobs().direct ?? expect.fail('this store has no direct transfers');
    const away = vi.spyOn(direct, 'abort').mockRejectedValue(new Error('the store is away'));
    for (const [path, { upload_id: id }] of [
      ['open.bin', open],
      ['joined.bin', joined],
    ] as const)
      expect((await abort(path, id)).status).toBe(200);
    expect((await complete(folder, 'joined.bin', joined.upload_id, parts)).status).toBe(404);
    const both = await keys();
    const clock = vi.spyOn(platform.get(Clock), 'now').mockReturnValue(new Date(Date.now() + 2 * 3_600_000));
    expect(await platform.get(SweepUploads).execute()).toBe(0);
    expect(await keys()).toEqual(both);
    away.mockRestore();
    expect(await platform.get(SweepUploads).execute()).toBe(2);
    clock.mockRestore();
    expect(await keys()).toEqual([]);
    for (const key of both) expect(await blobs().stat(key)).toBeUndefined();
    expect((await fetch(open.credentials[0].url, { method: 'PUT', body: 'x' })).status).toBe(404);
  });

  it('sweeps what was never completed after a day, joined or not, and leaves files alone', async () => {
    await database.query('delete from tracking.multipart_upload');
    const run = await newRun();
    const folder = `0/${run}/artifacts`;
    const done = (await create(folder, 'done.bin')).body;
    await complete(folder, 'done.bin', done.upload_id, await send(done.credentials));
    const late = (await create(folder, 'late.bin')).body;
    const lateParts = await send(late.credentials);
    await complete(folder, 'late.bin', late.upload_id, lateParts);
    await database.query('update tracking.multipart_upload set created_ms = 0 where id = $1', [late.upload_id]);
    const open = (await create(folder, 'open.bin')).body;
    const parts = await send(open.credentials);
    expect(await platform.get(SweepUploads).execute()).toBe(0);
    expect((await complete(folder, 'late.bin', late.upload_id, lateParts)).status).toBe(200);
    const tomorrow = new Date(Date.now() + 25 * 3_600_000);
    const clock = vi.spyOn(platform.get(Clock), 'now').mockReturnValue(tomorrow);
    expect(await platform.get(SweepUploads).execute()).toBe(1);
    clock.mockRestore();
    expect((await complete(folder, 'open.bin', open.upload_id, parts)).status).toBe(404);
    expect((await fetch(open.credentials[0].url, { method: 'PUT', body: 'x' })).status).toBe(404);
    expect((await platform.call('GET', `${proxy}/${folder}/done.bin`)).status).toBe(200);
  });
});

describe('multipart uploads where files lie in a folder', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });

  it('refuses them in the words that make MLflow’s client send the file whole, and bad ones for what they are', async () => {
    const { run } = (await platform.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' })).body;
    const folder = `0/${run.info.run_id}/artifacts`;
    const answer = await platform.call('POST', `${mpu}/create/${folder}`, { path: '/home/x', num_parts: 2 });
    expect(answer).toMatchObject({ status: 501, body: { error_code: 'NOT_IMPLEMENTED' } });
    expect(answer.body.message).toMatch(/^Multipart upload is not supported for the current artifact repository/);
    await platform.call('PUT', `${proxy}/${folder}/x`, 'x', undefined, { 'content-type': 'application/octet-stream' });
    const presigned = (path: string) => platform.call('GET', `/api/2.0/mlflow-artifacts/presigned/${folder}/${path}`);
    expect((await presigned('x')).body.message).toMatch(/^Multipart download is not supported/);
    expect([(await presigned('x')).status, (await presigned('y')).status]).toEqual([501, 404]);
    expect((await platform.call('POST', `${mpu}/create/${folder}`, { path: '..', num_parts: 2 })).status).toBe(400);
    const unknown = { path: 'x', upload_id: randomUUID(), parts: [] };
    for (const step of ['complete', 'abort'])
      expect((await platform.call('POST', `${mpu}/${step}/${folder}`, unknown)).status).toBe(404);
    expect((await platform.call('GET', '/api/3.0/mlflow/server-info')).body).toMatchObject({
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
    });
  });
});
