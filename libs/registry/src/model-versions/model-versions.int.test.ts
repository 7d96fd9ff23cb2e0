// Long because every route of model versions over MLflow’s API is told here, on one platform and with the same helpers.
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { SealedFiles } from '@assay/registry-reads';
import { Clock, Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { testDatabase, testPlatform } from '@assay/testing';
import { aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { manifestDigest } from './seal.js';
import { SweepRegistrationKeys } from './sweep-registration-keys.js';
import { TrackedFiles } from './tracked-files.builder.js';

const models = '/api/2.0/mlflow/registered-models';
const root = '/api/2.0/mlflow/model-versions';

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe('model versions over MLflow’s API', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const tracked = new TrackedFiles(database, platform);
  const post = (path: string, body: object) => platform.call('POST', `${root}/${path}`, body);
  const get = (name: string, version: string) => platform.call('GET', `${root}/get?name=${name}&version=${version}`);
  const register = (name: string, source: string, more: object = {}) => post('create', { name, source, ...more });
  const model = (name: string) => platform.call('POST', `${models}/create`, { name });

  beforeAll(async () => {
    await model('credit');
  });

  it('seals the files of a logged model: their manifest is the version’s identity', async () => {
    const run = await tracked.run({ createdBy: 'eve' });
    const loggedModel = await tracked.loggedModel(run);
    const files = [
      { path: 'MLmodel', size: 3, sha256: await tracked.file('logged_model', loggedModel, 'MLmodel', 'abc') },
      {
        path: 'data/weights.bin',
        size: 5,
        sha256: await tracked.file('logged_model', loggedModel, 'data/weights.bin', '12345'),
      },
    ];
    const created = await register('credit', `models:/${loggedModel}`, {
      model_id: loggedModel,
      run_id: run,
      tags: [{ key: 'k', value: 'v' }],
    });
    expect(created.body.model_version).toMatchObject({
      name: 'credit',
      version: '1',
      status: 'READY',
      current_stage: 'None',
      run_id: run,
      model_id: loggedModel,
      source: `models:/${loggedModel}`,
      tags: [{ key: 'k', value: 'v' }],
    });
    expect(created.body.model_version).not.toHaveProperty('aliases');
    const manifest = await platform.call('GET', '/api/v1/models/credit/versions/1/manifest');
    expect(manifest.body).toMatchObject({ kind: 'sealed', digest: manifestDigest(files), totalBytes: 8, files });
    expect(manifest.body.runSeal).toMatchObject({ runId: run, artifacts: null });
    const uri = await platform.call('GET', `${root}/get-download-uri?name=credit&version=1`);
    expect(uri.body).toEqual({ artifact_uri: `mlflow-artifacts:/0/models/${loggedModel}/artifacts` });
    const sealed = await database.query(
      `select record from audit.inbox where record ->> 'action' = 'registry.run.sealed.v1'`,
    );
    expect(sealed).toHaveLength(1);
    expect(JSON.stringify(sealed[0])).toContain(manifest.body.runSeal.params);
  });

  it('gives back sealed bytes only, checked against the manifest', async () => {
    const run = await tracked.run();
    await tracked.file('run', run, 'model/weights.bin', 'weights');
    await register('credit', `runs:/${run}/model`, { run_id: run });
    const download = (path: string) =>
      platform.call('GET', `/model-versions/get-artifact?name=credit&version=2&path=${path}`);
    const answer = await download('weights.bin');
    expect(answer.bytes.toString()).toBe('weights');
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    expect(String(answer.headers['content-disposition'])).toMatch(/^attachment/);
    expect((await download('nothing')).status).toBe(404);
    for (const path of ['..%2fx', '%252e%252e%252fx', '%2fetc%2fpasswd', 'a%5cb'])
      expect((await download(path)).status).toBe(400);
  });

  it('covers the sealed folder and all above and below it, of that owner only', async () => {
    const run = await tracked.run();
    await tracked.file('run', run, 'deep/model/MLmodel', 'x');
    const db = platform.get<Database>(databaseToken('registry'));
    const covers = (path: string, id = run) => db.read((tx) => new SealedFiles().covers(tx, { kind: 'run', id, path }));
    expect(await covers('deep/model/MLmodel')).toBeNull();
    const { body } = await register('credit', `runs:/${run}/deep/model`);
    const sealed = { model: 'credit', version: Number(body.model_version.version), evaluation: null };
    for (const path of ['deep/model/MLmodel', 'deep/model/new-file', 'deep/model', 'deep', ''])
      expect(await covers(path)).toEqual(sealed);
    for (const path of ['deep/modelling', 'deep/other', 'logs.txt']) expect(await covers(path)).toBeNull();
    expect(await covers('deep/model', await tracked.run())).toBeNull();
    expect(
      (await platform.call('DELETE', `${root}/delete`, { name: 'credit', version: body.model_version.version })).status,
    ).toBe(200);
    expect(await covers('deep/model/MLmodel')).toEqual(sealed);
  });

  it('lets nobody add to or change a sealed version, not even by SQL as the service', async () => {
    const db = platform.get<Database>(databaseToken('registry'));
    const attempt = (sql: string) => db.transaction((tx) => tx.query(sql));
    const id = (await database.query(`select id from registry.registered_model where name = 'credit'`))[0]?.['id'];
    await expect(
      attempt(`insert into registry.version_file values ('${String(id)}', 1, 'late', 'k', 1, 'x')`),
    ).rejects.toThrow('a registered version never gets another file');
    await expect(attempt(`update registry.version_file set sha256 = 'x'`)).rejects.toThrow('permission denied');
    await expect(attempt(`delete from registry.version_file`)).rejects.toThrow('permission denied');
    await expect(attempt(`update registry.model_version set manifest_digest = 'x'`)).rejects.toThrow(
      'permission denied',
    );
    await expect(attempt(`delete from registry.model_version`)).rejects.toThrow('permission denied');
    await expect(attempt(`update registry.pointer_move set to_version = 1`)).rejects.toThrow('permission denied');
    await expect(attempt(`update registry.model_version set description = 'x' where version = 1`)).rejects.toThrow(
      'no audit record',
    );
  });

  it('copies a version with its files, and takes a run’s single file', async () => {
    const first = await platform.call('GET', '/api/v1/models/credit/versions/1/manifest');
    await model('copy');
    const copied = await register('copy', 'models:/credit/1');
    expect(copied.body.model_version).toMatchObject({ version: '1', run_id: first.body.runSeal.runId });
    const manifest = await platform.call('GET', '/api/v1/models/copy/versions/1/manifest');
    expect(manifest.body).toMatchObject({ kind: 'sealed', digest: first.body.digest });
    const run = await tracked.run();
    await tracked.file('run', run, 'a/model.onnx', 'onnx');
    await register('copy', `mlflow-artifacts:/0/${run}/artifacts/a/model.onnx`);
    const single = await platform.call('GET', '/api/v1/models/copy/versions/2/manifest');
    expect(single.body.files).toMatchObject([{ path: 'model.onnx', size: 4 }]);
  });

  it('seals nothing where there is nothing, and never fetches what lies elsewhere', async () => {
    await model('loose');
    const run = await tracked.run();
    await register('loose', `runs:/${run}/nothing-here`);
    await register('loose', 's3://bucket/model', { run_id: 'f'.repeat(32) });
    const kinds = [];
    for (const version of [1, 2])
      kinds.push((await platform.call('GET', `/api/v1/models/loose/versions/${version}/manifest`)).body);
    expect(kinds).toMatchObject([
      { kind: 'unsealed', digest: null, files: [] },
      { kind: 'external', digest: null, files: [], runSeal: null },
    ]);
  });

  it('refuses sources that are local, foreign, contradictory or unknown', async () => {
    const run = await tracked.run();
    const other = await tracked.run();
    const foreign = await tracked.run({ workspace: 'elsewhere' });
    const loggedModel = await tracked.loggedModel(run);
    const status = async (source: string, more: object = {}) => (await register('credit', source, more)).status;
    expect(await status('/etc/passwd')).toBe(400);
    expect(await status('file:///etc/')).toBe(400);
    expect(await status('/etc/', { tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] })).toBe(400);
    expect(await status('dummy-source')).toBe(400);
    expect(await status(`runs:/${run}/x`, { run_id: other })).toBe(400);
    expect(await status(`models:/${loggedModel}`, { run_id: other })).toBe(400);
    expect(await status(`models:/${loggedModel}`, { model_id: `m-${'0'.repeat(32)}` })).toBe(400);
    expect(await status(`mlflow-artifacts:/7/${run}/artifacts/x`)).toBe(400);
    expect(await status(`runs:/${'0'.repeat(32)}/x`)).toBe(404);
    expect(await status(`runs:/${foreign}/x`)).toBe(404);
    expect(await status('models:/nobody/1')).toBe(404);
    expect(await status('models:/credit/999')).toBe(404);
    expect((await register('nobody', 's3://b/k')).status).toBe(404);
  });

  it('numbers versions without gaps or repeats when many register at once, and never reuses a number', async () => {
    await model('busy');
    const answers = await Promise.all(Array.from({ length: 12 }, () => register('busy', 's3://b/k')));
    const numbers = answers.map(({ body }) => Number(body.model_version.version)).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    await platform.call('DELETE', `${root}/delete`, { name: 'busy', version: '12' });
    expect((await get('busy', '12')).status).toBe(404);
    expect((await register('busy', 's3://b/k')).body.model_version.version).toBe('13');
  });

  it('registers once for one Idempotency-Key and caller, also when asked at the same time', async () => {
    await model('keyed');
    const keyed = (key: string, source = 's3://b/k') =>
      platform.call('POST', `${root}/create`, { name: 'keyed', source }, undefined, { 'idempotency-key': key });
    const answers = await Promise.all(Array.from({ length: 5 }, () => keyed('once')));
    expect(answers.map(({ body }) => body.model_version.version)).toEqual(['1', '1', '1', '1', '1']);
    expect((await keyed('twice')).body.model_version.version).toBe('2');
    expect((await keyed('once', 's3://other/k')).status).toBe(409);
    expect((await keyed('x'.repeat(201))).status).toBe(400);
    await model('keyed-too');
    const elsewhere = await platform.call(
      'POST',
      `${root}/create`,
      { name: 'keyed-too', source: 's3://b/k' },
      undefined,
      {
        'idempotency-key': 'once',
      },
    );
    expect(elsewhere.status).toBe(409);
  });

  it('keeps an Idempotency-Key for seven days and no longer', async () => {
    await model('swept');
    const register = async () =>
      (
        await platform.call('POST', `${root}/create`, { name: 'swept', source: 's3://b/k' }, undefined, {
          'idempotency-key': 'swept',
        })
      ).body.model_version.version;
    const sweepAfter = async (days: number) => {
      const clock = vi.spyOn(platform.get(Clock), 'now').mockReturnValue(new Date(Date.now() + days * 24 * 3_600_000));
      const removed = await platform.get(SweepRegistrationKeys).execute();
      clock.mockRestore();
      return removed;
    };
    expect(await register()).toBe('1');
    expect(await sweepAfter(6.99)).toBe(0);
    expect(await register()).toBe('1');
    expect(await sweepAfter(7.01)).toBeGreaterThan(0);
    expect(await register()).toBe('2');
  });

  it('cuts an answer short when the stored bytes are not the sealed ones', async () => {
    const run = await tracked.run();
    await tracked.file('run', run, 'm/weights.bin', 'weights');
    const { body } = await register('credit', `runs:/${run}/m`);
    const [row] = await database.query(
      'select f.blob_key from registry.version_file f join registry.registered_model m on m.id = f.model_id where m.name = $1 and f.version = $2',
      ['credit', body.model_version.version],
    );
    const folder = join(platform.dataDir, 'artifacts', 'blobs');
    const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((each) =>
      each.endsWith(String(row?.['blob_key'])),
    );
    chmodSync(join(folder, file ?? ''), 0o600);
    writeFileSync(join(folder, file ?? ''), 'Weights');
    const url = `/model-versions/get-artifact?name=credit&version=${String(body.model_version.version)}&path=weights.bin`;
    const answer = await platform.call('GET', url).catch((error: unknown) => error);
    expect(String(answer instanceof Error ? answer.message : JSON.stringify(answer))).not.toContain('Weights');
  });

  const search = async (query: Record<string, string>) =>
    (await platform.call('GET', `${root}/search?${new URLSearchParams(query)}`)).body;

  it('describes, tags and searches versions', async () => {
    await model('searched');
    for (const key of ['a', 'b', 'c'])
      await register('searched', `s3://bucket/${key}`, { tags: [{ key: 'letter', value: key }] });
    await platform.call('PATCH', `${root}/update`, { name: 'searched', version: '2', description: 'two' });
    await post('set-tag', { name: 'searched', version: '2', key: 'note', value: 'x' });
    await platform.call('DELETE', `${root}/delete-tag`, { name: 'searched', version: '2', key: 'letter' });
    expect((await get('searched', '2')).body.model_version).toMatchObject({
      description: 'two',
      tags: [{ key: 'note', value: 'x' }],
    });
    const numbers = (body: { model_versions?: { version: string }[] }) =>
      (body.model_versions ?? []).map(({ version }) => version);
    const all = { filter: "name = 'searched'" };
    expect(numbers(await search(all))).toEqual(['2', '3', '1']);
    const page = await search({ ...all, order_by: 'version_number ASC', max_results: '2' });
    expect(numbers(page)).toEqual(['1', '2']);
    expect(
      numbers(
        await search({ ...all, order_by: 'version_number ASC', max_results: '2', page_token: page.next_page_token }),
      ),
    ).toEqual(['3']);
    expect(
      numbers(await search({ filter: "name = 'searched' AND version_number >= 2 AND tags.letter = 'c'" })),
    ).toEqual(['3']);
    expect(
      numbers(
        await search({
          filter: "source_path LIKE 's3://bucket/%' AND name = 'searched' AND source_path != 's3://bucket/a'",
        }),
      ),
    ).toEqual(['2', '3']);
    expect(numbers(await search({ filter: "run_id IN ('x')" }))).toEqual([]);
    for (const [alias, version] of [
      ['newest', '3'],
      ['also-newest', '3'],
      ['oldest', '1'],
    ])
      await platform.call('POST', '/api/2.0/mlflow/registered-models/alias', { name: 'searched', alias, version });
    expect((await search({ ...all, order_by: 'version_number ASC' })).model_versions).toMatchObject([
      { version: '1', tags: [{ key: 'letter', value: 'a' }], aliases: ['oldest'] },
      { version: '2', tags: [{ key: 'note', value: 'x' }] },
      { version: '3', tags: [{ key: 'letter', value: 'c' }], aliases: ['also-newest', 'newest'] },
    ]);
    expect(await search({ filter: 'version_number = 1.5' })).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
  });

  it.each(['1', '3', '10'])('tells of each version its own tags and aliases, in pages of %s', async (size) => {
    const names = ['a', 'b'].map((letter) => `twin-${size}-${letter}`);
    for (const name of names) {
      await model(name);
      for (const value of [`${name} 1`, `${name} 2`])
        await register(name, `s3://bucket/${value}`, { tags: [{ key: 'of', value }] });
      const first = { name, alias: `first-of-${name}`, version: '1' };
      await platform.call('POST', '/api/2.0/mlflow/registered-models/alias', first);
    }
    const found: unknown[] = [];
    let token = '';
    do {
      const page = await search({
        filter: `name LIKE 'twin-${size}-%'`,
        order_by: 'name ASC',
        max_results: size,
        ...(token === '' ? {} : { page_token: token }),
      });
      for (const { name, version, tags, aliases } of page.model_versions) found.push({ name, version, tags, aliases });
      token = page.next_page_token ?? '';
    } while (token !== '');
    expect(found).toHaveLength(4);
    expect(found).toEqual(
      expect.arrayContaining(
        names.flatMap((name) => [
          { name, version: '1', tags: [{ key: 'of', value: `${name} 1` }], aliases: [`first-of-${name}`] },
          { name, version: '2', tags: [{ key: 'of', value: `${name} 2` }], aliases: undefined },
        ]),
      ),
    );
  });

  it('registers many at once: numbers without a gap, one record each, and a refused one changes nothing', async () => {
    const names = ['crowd-a', 'crowd-b', 'crowd-c'];
    for (const name of names) await model(name);
    const run = await tracked.run();
    const loggedModel = await tracked.loggedModel(run);
    const sha256 = await tracked.file('logged_model', loggedModel, 'MLmodel', 'abc');
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, place) => {
        const name = names[place % 3] ?? '';
        if (place % 10 === 7) return register(name, `models:/m-${'0'.repeat(32)}`);
        if (place % 10 === 8) return register(`${name}-unknown`, `models:/${loggedModel}`);
        if (place % 10 === 9) return register(name, 's3://bucket/key', { tags: [{ key: 'n', value: String(place) }] });
        return register(name, `models:/${loggedModel}`, { model_id: loggedModel });
      }),
    );
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(12);
    const made = answers.filter(({ status }) => status === 200);
    expect(made).toHaveLength(48);
    for (const name of names) {
      const numbers = made
        .filter(({ body }) => body.model_version.name === name)
        .map(({ body }) => Number(body.model_version.version))
        .toSorted((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, place) => place + 1));
      expect(numbers.length).toBeGreaterThan(10);
    }
    const ids = made.flatMap(({ headers }) => String(headers['assay-audit-id']).split(', '));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { body, headers } of made) {
      const { name, version, source } = body.model_version;
      expect((await get(name, version)).body.model_version).toEqual(body.model_version);
      const manifest = (await platform.call('GET', `/api/v1/models/${name}/versions/${version}/manifest`)).body;
      const sealed = source.startsWith('models:');
      expect(manifest.files).toEqual(sealed ? [{ path: 'MLmodel', size: 3, sha256 }] : []);
      const records = await database.query('select record from audit.inbox where id = any($1)', [
        String(headers['assay-audit-id']).split(', '),
      ]);
      expect(records).toHaveLength(sealed ? 2 : 1);
      expect(JSON.stringify(records)).toContain(`"version":"${version}"`);
    }
  });

  it('gives one of two requests with the same key at once the version of the other', async () => {
    await model('keyed-crowd');
    const once = () =>
      platform.call('POST', `${root}/create`, { name: 'keyed-crowd', source: 's3://b/k' }, undefined, {
        'idempotency-key': 'one-of-many',
      });
    const answers = await Promise.all(Array.from({ length: 8 }, once));
    expect(answers.map(({ body }) => body.model_version.version)).toEqual(Array.from({ length: 8 }, () => '1'));
  });

  it('moves versions between stages; each stage’s newest version is what it stands for', async () => {
    await model('staged');
    for (let count = 0; count < 3; count += 1) await register('staged', 's3://b/k');
    const transition = (version: string, stage: string, archive = false) =>
      post('transition-stage', { name: 'staged', version, stage, archive_existing_versions: archive });
    expect((await transition('1', 'production')).body.model_version.current_stage).toBe('Production');
    await transition('2', 'Production');
    const latest = async (stages: string[]) =>
      (await platform.call('POST', `${models}/get-latest-versions`, { name: 'staged', stages })).body.model_versions;
    expect(await latest(['Production'])).toMatchObject([{ version: '2' }]);
    await transition('3', 'Production', true);
    expect((await get('staged', '1')).body.model_version.current_stage).toBe('Archived');
    expect((await latest([])).map((each: { version: string }) => each.version).toSorted()).toEqual(['2', '3']);
    expect((await transition('3', 'Archived', true)).status).toBe(400);
    expect((await transition('3', 'live')).status).toBe(400);
    expect((await transition('9', 'Staging')).status).toBe(404);
    await transition('3', 'Staging');
    const history = await platform.call('GET', '/api/v1/models/staged/pointers/stage:Production/history');
    expect(history.body.moves.map(({ from, to }: { from: string; to: string }) => [from, to])).toEqual([
      ['3', null],
      ['2', '3'],
      ['1', '2'],
      [null, '1'],
    ]);
    const byGet = await platform.call(
      'GET',
      `${models}/get-latest-versions?name=staged&stages=Staging&stages=Archived`,
    );
    expect(byGet.body.model_versions.map((each: { version: string }) => each.version)).toEqual(['2', '3']);
  });
});
