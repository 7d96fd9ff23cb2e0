import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { BlobStore } from '@assay/platform/artifacts';
import { Config } from '@assay/platform/config';
import { Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { type EndpointOptions, pathsOf } from '@assay/platform/http';
import { testDatabase } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KeepBlockDigests } from '../../libs/registry/src/model-versions/keep-block-digests.js';
import { type Document, Samples } from './bad-input/schemas.js';
import { declaredRoutesOf, documentedPath, endpointsOf, mayChange, type Route } from './routed.js';
import { send, told } from './send.js';
import { wholePlatform } from './whole-platform.js';

const runMade = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });

const proxy = '/api/2.0/mlflow-artifacts/artifacts';
const mib = 1024 * 1024;
const weights = randomBytes(17 * mib);

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('the files of a sealed version', () => {
  const database = testDatabase();
  const platform = wholePlatform(database, { ASSAY_LOG_LEVEL: 'fatal' }, { workers: false });
  let experiment = '';
  let runId = '';
  let modelId = '';

  beforeAll(async () => {
    experiment = (await mlflow('experiments/create', { name: 'sealed' })).experiment_id;
    runId = (await mlflow('runs/create', { experiment_id: experiment })).run.info.run_id;
    modelId = (await mlflow('logged-models', { experiment_id: experiment, name: 'm', source_run_id: runId })).model.info
      .model_id;
    await put(runPath('model/MLmodel'), 'flavors: {}');
    await put(runPath('model/data/weights.bin'), weights);
    await put(runPath('notes.txt'), 'free');
    await put(modelPath('MLmodel'), 'flavors: {logged: 1}');
    await mlflow('registered-models/create', { name: 'sealed' });
    await mlflow('registered-models/create', { name: 'elsewhere' });
    await mlflow('model-versions/create', { name: 'sealed', source: `runs:/${runId}/model`, run_id: runId });
    await mlflow('model-versions/create', { name: 'sealed', source: `models:/${modelId}`, model_id: modelId });
    await mlflow('model-versions/create', { name: 'elsewhere', source: 'models:/sealed/1' });
  });

  it('are replaced and removed by no route that takes files: 409, also for what lies beside, above and below them', async () => {
    const before = await sealedBytes();
    expect(before.size).toBe(3);
    const routes = endpointsOf(platform.app)
      .filter((endpoint) => mayChange(endpoint.method) && pathsOf(endpoint).some((path) => path.includes('artifact')))
      .flatMap(declaredRoutesOf);
    const attempts = fileAttempts();
    expect(Object.keys(attempts).toSorted()).toEqual(routes.toSorted());
    const wrong: string[] = [];
    for (const [route, calls] of Object.entries(attempts)) {
      for (const { path, body, status = 409 } of calls) {
        const answer = await ask(route.split(' ')[0] ?? '', path, body);
        if (answer.status !== status) wrong.push(`${route} ${path}: ${answer.status} ${await answer.text()}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await sealedBytes()).toEqual(before);
  });

  it('stay through a rename, and through deletion and restoration of the run, the logged model and the experiment', async () => {
    const before = await sealedBytes();
    const still = async (): Promise<void> => {
      for (const path of [runPath('model/MLmodel'), modelPath('MLmodel')]) {
        expect((await fetch(`${platform.url}${proxy}/${path}`)).status).toBe(200);
        expect((await ask('PUT', `${proxy}/${path}`, 'x')).status).toBe(409);
        expect((await ask('DELETE', `${proxy}/${path}`)).status).toBe(409);
      }
      expect(await sealedBytes()).toEqual(before);
    };
    await mlflow('registered-models/rename', { name: 'sealed', new_name: 'renamed' });
    await still();
    await mlflow('registered-models/rename', { name: 'renamed', new_name: 'sealed' });
    for (const step of ['delete', 'restore'])
      for (const [kind, body] of [
        ['runs', { run_id: runId }],
        ['experiments', { experiment_id: experiment }],
      ] as const) {
        await mlflow(`${kind}/${step}`, body);
        await still();
      }
    expect((await ask('DELETE', `/api/2.0/mlflow/logged-models/${modelId}`, {})).status).toBe(200);
    await still();
  });

  it('stay whatever other route is called with their names', async () => {
    const before = await sealedBytes();
    const document: Document = JSON.parse(await (await fetch(`${platform.url}/api/v1/openapi.json`)).text());
    const samples = new Samples(document, {
      name: ['sealed'],
      model: ['sealed'],
      version: ['1', 1],
      run_id: [runId],
      run_uuid: [runId],
      source_run_id: [runId],
      model_id: [modelId],
      experiment_id: [experiment],
      experiment_ids: [experiment],
      key: ['t'],
      new_name: ['sealed-again'],
      source: [`runs:/${runId}/model`],
      stage: ['Archived'],
      alias: ['champion'],
    });
    const failed: string[] = [];
    let accepted = 0;
    for (const endpoint of endpointsOf(platform.app).filter(bearsOnVersions)) {
      for (const path of pathsOf(endpoint)) {
        const schema =
          document.paths[documentedPath(path)]?.[endpoint.method.toLowerCase()]?.requestBody?.content[
            'application/json'
          ]?.schema;
        const real = path
          .replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(samples.value({}, name))))
          .replace(/\*\w*$/, runPath('model/MLmodel'));
        const answer = await ask(endpoint.method, real, schema ? samples.body(schema) : {});
        const text = await answer.text();
        if (answer.status >= 500 && answer.status !== 501) failed.push(`${endpoint.method} ${real}: ${text}`);
        if (answer.ok) accepted += 1;
      }
    }
    expect(failed).toEqual([]);
    expect(accepted).toBeGreaterThan(20);
    expect(await sealedBytes()).toEqual(before);
  });

  it('and neither does SQL as the service change their rows', async () => {
    const db = platform.app.get<Database>(databaseToken('registry'), { strict: false });
    const of = `where owner_id = '${runId}' and path = 'model/MLmodel'`;
    for (const sql of [`update tracking.file set size = 0 ${of}`, `delete from tracking.file ${of}`])
      await expect(db.transaction((tx) => tx.query(sql))).rejects.toThrow('a file of a sealed version never changes');
  });

  /** What each route that takes files is asked: every way to name a sealed file that it has. */
  function fileAttempts(): Record<Route, { path: string; body?: object | string; status?: number }[]> {
    const files = [
      runPath('model/MLmodel'),
      runPath('model/data/weights.bin'),
      runPath('model/new.bin'),
      runPath('model'),
      modelPath('MLmodel'),
      modelPath('new.bin'),
    ];
    return {
      [`PUT ${proxy}/*`]: files.map((path) => ({ path: `${proxy}/${path}`, body: 'x' })),
      [`DELETE ${proxy}/*`]: [...files, `${experiment}/${runId}/artifacts`].map((path) => ({
        path: `${proxy}/${path}`,
      })),
      'POST /api/2.0/mlflow/upload-artifact': ['model/MLmodel', 'model/new.bin', 'model'].map((path) => ({
        path: `/api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=${path}`,
        body: 'x',
      })),
      'POST /api/2.0/mlflow-artifacts/mpu/create/*': [
        runPath('model'),
        runPath('model/data'),
        `${experiment}/models/${modelId}/artifacts`,
      ].map((folder) => ({
        path: `/api/2.0/mlflow-artifacts/mpu/create/${folder}`,
        body: { path: 'MLmodel', num_parts: 1 },
      })),
      // An upload that was begun before the seal is covered where an S3 store is: it is refused when its parts are joined.
      'POST /api/2.0/mlflow-artifacts/mpu/complete/*': [
        {
          path: `/api/2.0/mlflow-artifacts/mpu/complete/${runPath('model')}`,
          body: { path: 'MLmodel', upload_id: 'none', parts: [{ part_number: 1, etag: 'e' }] },
          status: 404,
        },
      ],
      'POST /api/2.0/mlflow-artifacts/mpu/abort/*': [
        {
          path: `/api/2.0/mlflow-artifacts/mpu/abort/${runPath('model')}`,
          body: { path: 'MLmodel', upload_id: 'none' },
          status: 404,
        },
      ],
    };
  }

  /** Sealed path → digest of the bytes that the store holds for it now, read past every route. */
  async function sealedBytes(): Promise<Map<string, string>> {
    const rows = await database.query(
      `select distinct f.owner_id || '/' || f.path as path, f.blob_key as key, f.sha256 from tracking.file f
         join registry.version_file v on v.blob_key = f.blob_key order by 1`,
    );
    const store = platform.app.get(BlobStore, { strict: false });
    const found = new Map<string, string>();
    for (const { path, key, sha256 } of rows) {
      const digest = digestOf(await buffer(await store.get(String(key))));
      if (digest !== sha256) throw new Error(`${String(path)} is not what was sealed`);
      found.set(String(path), digest);
    }
    return found;
  }

  function runPath(path: string): string {
    return `${experiment}/${runId}/artifacts/${path}`;
  }

  function modelPath(path: string): string {
    return `${experiment}/models/${modelId}/artifacts/${path}`;
  }

  function ask(method: string, path: string, body?: object | string): Promise<Response> {
    return send(platform.url, method, path, { body });
  }

  async function put(path: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
    await told(platform.url, 'PUT', `${proxy}/${path}`, { body });
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once
  function mlflow(path: string, body: object): Promise<any> {
    return told(platform.url, 'POST', `/api/2.0/mlflow/${path}`, { body });
  }
});

describe('a sealed file of which one byte was flipped on the disk', () => {
  const database = testDatabase();
  const platform = wholePlatform(database, { ASSAY_LOG_LEVEL: 'fatal' }, { workers: false });
  const run = { id: '', large: '', small: '' };

  beforeAll(async () => {
    const post = (path: string, body: object): Promise<unknown> =>
      told(platform.url, 'POST', `/api/2.0/mlflow/${path}`, { body });
    run.id = runMade.parse(await post('runs/create', { experiment_id: '0' })).run.info.run_id;
    run.large = `${proxy}/0/${run.id}/artifacts/model/weights.bin`;
    run.small = `${proxy}/0/${run.id}/artifacts/model/small.bin`;
    await told(platform.url, 'PUT', run.large, { body: weights });
    await told(platform.url, 'PUT', run.small, { body: weights.subarray(0, 1000) });
    await post('registered-models/create', { name: 'credit' });
    await post('model-versions/create', { name: 'credit', source: `runs:/${run.id}/model`, run_id: run.id });
  });

  it('first: gives every range while it is whole, also before its blocks have digests', async () => {
    await database.query('update registry.blob_block set digests = null, tried_at = now()');
    for (const path of [run.large, run.small]) {
      const answer = await range(path, 10, 20);
      expect(answer.status).toBe(206);
      expect(Buffer.from(await answer.arrayBuffer()).equals(weights.subarray(10, 21))).toBe(true);
    }
    await database.query('update registry.blob_block set tried_at = null');
    await platform.app.get(KeepBlockDigests, { strict: false }).execute();
    const answer = await range(run.large, 8 * mib - 5, 16 * mib + 5);
    expect(Buffer.from(await answer.arrayBuffer()).equals(weights.subarray(8 * mib - 5, 16 * mib + 6))).toBe(true);
  });

  it('then: breaks every full transfer before its end', async () => {
    await flipByte('model/weights.bin', 9 * mib);
    await flipByte('model/small.bin', 999);
    for (const path of [
      run.large,
      `/get-artifact?run_uuid=${run.id}&path=model/weights.bin`,
      '/model-versions/get-artifact?name=credit&version=1&path=weights.bin',
    ]) {
      const answer = await fetch(`${platform.url}${path}`);
      expect(answer.headers.get('content-length')).toBe(String(weights.length));
      await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
    }
    // All of a small file is its last chunk, so there isn't even a beginning.
    await expect(fetch(`${platform.url}${run.small}`)).rejects.toThrow('fetch failed');
  });

  it('and refuses or cuts the ranges that touch its block, and gives the others', async () => {
    const refused = await range(run.large, 9 * mib + 100, 9 * mib + 200);
    expect([refused.status, await refused.json()]).toEqual([
      500,
      expect.objectContaining({ error_code: 'INTERNAL_ERROR' }),
    ]);
    expect((await range(run.small, 0, 5)).status).toBe(500);
    const cut = await range(run.large, 100, 10 * mib);
    expect(cut.status).toBe(206);
    await expect(cut.arrayBuffer()).rejects.toThrow('terminated');
    for (const [start, end] of [
      [0, 8 * mib - 1],
      [16 * mib, 17 * mib - 1],
    ] as const) {
      const answer = await range(run.large, start, end);
      expect(Buffer.from(await answer.arrayBuffer()).equals(weights.subarray(start, end + 1))).toBe(true);
    }
  });

  function range(path: string, start: number, end: number): Promise<Response> {
    return fetch(`${platform.url}${path}`, { headers: { range: `bytes=${start}-${end}` } });
  }

  async function flipByte(path: string, at: number): Promise<void> {
    const [row] = await database.query('select blob_key as key from tracking.file where owner_id = $1 and path = $2', [
      run.id,
      path,
    ]);
    const key = String(row?.['key']);
    const fan = createHash('sha256').update(key).digest('hex');
    const { dataDir } = platform.app.get(Config, { strict: false });
    const file = join(dataDir, 'artifacts', 'blobs', fan.slice(0, 2), fan.slice(2, 4), key);
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    chmodSync(file, 0o600);
    writeFileSync(file, bytes);
  }
});

/** Changing routes of tracking and the registry that take no files; not the reset of a test database. */
function bearsOnVersions({ method, permission, path }: EndpointOptions): boolean {
  const paths = typeof path === 'string' ? [path] : path;
  return (
    mayChange(method) &&
    /^(?:tracking|registry|datasets|promotions):/.test(permission) &&
    !paths.some((each) => each.includes('artifact') || each.includes('/testing/'))
  );
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
