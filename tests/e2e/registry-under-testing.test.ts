import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { testDatabase } from '@assay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../apps/registry/dist/main.js');

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** The registry as a process of its own under `ASSAY_TESTING`, which can empty its database: refused wherever that could be a real one. */
describe('the registry under ASSAY_TESTING', () => {
  const database = testDatabase();
  let folder: string;
  let child: ChildProcess | undefined;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-testing-'));
  });
  afterEach(async () => {
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((done) => child?.once('close', done));
      child.kill();
      await ended;
    }
    child = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Its address once it listens, or how it ended instead. */
  function start(settings: Readonly<Record<string, string>>): Promise<string | Ended> {
    const env = {
      PATH: process.env.PATH,
      ASSAY_PORT: '0',
      ASSAY_DATA_DIR: folder,
      ASSAY_DATABASE_URL: database.urls.registry,
      ...settings,
    };
    const started = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    return new Promise((done) => {
      let said = '';
      started.stderr.on('data', (text: Buffer) => {
        said += text.toString();
        const url = /"url":"([^"]+)"[^\n]*"msg":"listening"/.exec(said)?.[1];
        if (url !== undefined) done(url);
      });
      started.once('close', (code) => done({ code, said }));
    });
  }

  const elsewhere = (url: string): string => {
    const other = new URL(url);
    other.pathname = '/assay';
    return other.href;
  };
  const testing = { ASSAY_TESTING: '1', ASSAY_TESTING_DATABASE_URL: database.ownerUrl };

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'that other machines can reach',
      { ...testing, ASSAY_HTTP_HOST: '0.0.0.0' },
      /ASSAY_TESTING is for this machine alone: leave ASSAY_HTTP_HOST at 127\.0\.0\.1/,
    ],
    [
      'on a database whose name does not end in _test',
      { ...testing, ASSAY_DATABASE_URL: elsewhere(database.urls.registry) },
      /the name of that has to end in _test: "assay" does not/,
    ],
    [
      'that would empty a database whose name does not end in _test',
      { ...testing, ASSAY_TESTING_DATABASE_URL: elsewhere(database.ownerUrl) },
      /the name of that has to end in _test: "assay" does not/,
    ],
    [
      'without the login that may empty tables',
      { ASSAY_TESTING: '1' },
      /ASSAY_TESTING_DATABASE_URL is needed beside ASSAY_TESTING: the login of the migration role/,
    ],
  ])('does not start as one %s', async (_, settings, reason) => {
    const ended = await start(settings);
    expect(ended).toMatchObject({ code: 1, said: expect.stringMatching(reason) });
    expect(ended).toMatchObject({ said: expect.not.stringContaining('    at ') });
  });

  const experiments = async (url: string): Promise<string[]> => {
    const answer = await fetch(`${url}/api/2.0/mlflow/experiments/search?max_results=10`);
    const { experiments: found }: { experiments: { name: string }[] } = JSON.parse(await answer.text());
    return found.map(({ name }) => name).toSorted();
  };
  const post = (url: string, path: string, body: object): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('empties tracking and registry when it is asked to, and knows nothing of what was there', async () => {
    const url = await start(testing);
    if (typeof url !== 'string') throw new Error(url.said);
    const create = () => post(url, '/api/2.0/mlflow/experiments/create', { name: 'to go' });
    expect((await create()).status).toBe(200);
    expect((await create()).status).toBe(400);
    const run = await post(url, '/api/2.0/mlflow/runs/create', { experiment_id: '0' });
    const made: { run: { info: { run_id: string } } } = JSON.parse(await run.text());
    const get = () => fetch(`${url}/api/2.0/mlflow/runs/get?run_id=${made.run.info.run_id}`);
    expect((await get()).status).toBe(200);
    expect((await post(url, '/api/v1/testing/reset', {})).status).toBe(200);
    expect(await experiments(url)).toEqual(['Default']);
    expect((await get()).status).toBe(404);
    expect((await create()).status).toBe(200);
  });

  it('has no such route without ASSAY_TESTING', async () => {
    const url = await start({});
    if (typeof url !== 'string') throw new Error(url.said);
    expect((await post(url, '/api/v1/testing/reset', {})).status).toBe(404);
    expect(await experiments(url)).toContain('Default');
  });
});
