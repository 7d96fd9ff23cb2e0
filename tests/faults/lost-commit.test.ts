import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '@assay/migrations';
import { readConfig } from '@assay/platform/config';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@assay/platform/database';
import { createHttpApp } from '@assay/platform/http';
import { createLogger } from '@assay/platform/telemetry';
import { testPasswords } from '@assay/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RegistryAppModule } from '../../apps/registry/src/app.module.js';
import { FixedAddress } from './log-storm/fixed-address.js';

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of several shapes, each read once
  readonly body: any;
}

/** The connection ends between Postgres' commit and the word of it: the server can't know by the connection whether it happened. */
describe('with a commit whose confirmation is lost', () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let owner: pg.Client;
  let app: NestFastifyApplication;
  let url: string;
  let experiment: string;
  const way = new FixedAddress();

  beforeAll(async () => {
    folder = mkdtempSync(join('/var/tmp', 'assay-lost-commit-'));
    chmodSync(folder, 0o711); // Postgres runs as another user where we are root
    postgres = await startEmbeddedPostgres({ dataDir: folder });
    await migrate(postgres.url, testPasswords);
    owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    const login = new URL(postgres.url);
    way.leadTo(Number(login.port));
    login.port = String(await way.listen());
    login.username = 'registry_svc';
    login.password = testPasswords.registry;
    const config = readConfig({ ASSAY_DATA_DIR: folder, ASSAY_LOG_LEVEL: 'fatal', ASSAY_PORT: '0' });
    const log = createLogger(config.logLevel, 'lost-commit');
    app = await createHttpApp(RegistryAppModule.with(config, log, login.href), config, log);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app.close();
    await owner.end();
    await way.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    experiment = (await post('experiments/create', { name: `lost ${performance.now()}` })).body.experiment_id;
  });

  async function post(path: string, body: object, key?: string): Promise<Answer> {
    const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  async function runNames(): Promise<string[]> {
    const sql = 'select name from tracking.run where experiment_id = $1 order by name';
    return (await owner.query(sql, [experiment])).rows.map(({ name }) => String(name));
  }

  /** Resolves once what was lost has been looked for in vain several times. */
  async function lookedForInVain(): Promise<void> {
    const looks = way.counting('database-backend-lives');
    await expect.poll(looks, { interval: 10, timeout: 9_000 }).toBeGreaterThan(2);
  }

  it.each([1, 12])('of %i calls that log, all are answered and have one effect', async (count) => {
    const run = (await post('runs/create', { experiment_id: experiment })).body.run.info.run_id;
    way.loseNextCommit();
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        post('runs/log-batch', {
          run_id: run,
          metrics: [{ key: 'm', value: index, timestamp: 1, step: index }],
          params: [{ key: `p${index}`, value: 'v' }],
        }),
      ),
    );
    expect(way.lost).toBe(true);
    // What was answered by 5xx may be there or not; sent again, as clients do, it is there once.
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    for (const [index, { status }] of answers.entries()) {
      if (status === 200) continue;
      const metrics = [{ key: 'm', value: index, timestamp: 1, step: index }];
      expect(
        (await post('runs/log-batch', { run_id: run, metrics, params: [{ key: `p${index}`, value: 'v' }] })).status,
      ).toBe(200);
    }
    const history = await fetch(`${url}/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=m`);
    const read: { metrics: { step: number }[] } = JSON.parse(await history.text());
    expect(read.metrics.map(({ step }) => step)).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it.each([1, 12])('of %i points that take one statement, each is answered and there once', async (count) => {
    const run = (await post('runs/create', { experiment_id: experiment })).body.run.info.run_id;
    const log = (step: number) =>
      post('runs/log-metric', { run_id: run, key: 'seen', value: step, timestamp: 1, step });
    await log(0);
    await log(1); // the metric is known by now
    way.loseNextAnswerTo('run-writes-find-and-points');
    const answers = await Promise.all(Array.from({ length: count }, (_, index) => log(2 + index)));
    expect(way.lost).toBe(true);
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    for (const [index, { status }] of answers.entries())
      if (status !== 200) expect((await log(2 + index)).status).toBe(200);
    const history = await fetch(`${url}/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=seen`);
    const read: { metrics: { step: number }[] } = JSON.parse(await history.text());
    expect(read.metrics.map(({ step }) => step)).toEqual(Array.from({ length: count + 2 }, (_, index) => index));
  });

  it.each([1, 12])('of %i runs made without a key, none is made twice, and each is told as it is', async (count) => {
    way.loseNextAnswerTo('new-runs-add');
    const names = Array.from({ length: count }, (_, index) => `run ${String(index).padStart(2, '0')}`);
    const answers = await Promise.all(
      names.map((name) => post('runs/create', { experiment_id: experiment, run_name: name })),
    );
    expect(way.lost).toBe(true);
    expect(answers.map(({ status, body }) => (status === 200 ? 200 : JSON.stringify(body)))).toEqual(
      names.map(() => 200),
    );
    expect(await runNames()).toEqual(names);
  });

  it('of a run that Postgres is still at, it is told', async () => {
    const other = new pg.Client({ connectionString: postgres.url });
    await other.connect();
    await other.query('begin');
    await other.query('lock table tracking.run in exclusive mode');
    way.loseDuring('new-runs-add');
    const answer = post('runs/create', { experiment_id: experiment, run_name: 'late' });
    await lookedForInVain();
    await other.query('commit');
    await other.end();
    expect((await answer).status).toBe(200);
    expect(await runNames()).toEqual(['late']);
  });

  it('of a run that has yet to reach Postgres, it is told', async () => {
    way.loseBefore('new-runs-add');
    const answer = post('runs/create', { experiment_id: experiment, run_name: 'later' });
    await lookedForInVain();
    way.deliver();
    expect((await answer).status).toBe(200);
    expect(await runNames()).toEqual(['later']);
  });

  it.each([1, 12])(
    'of %i versions made without a key, none is made twice, and each is told as it is',
    async (count) => {
      const name = `model ${count}`;
      await post('registered-models/create', { name });
      const sources = Array.from({ length: count }, (_, index) => `s3://bucket/${String(index).padStart(2, '0')}`);
      way.loseNextCommit();
      const answers = await Promise.all(sources.map((source) => post('model-versions/create', { name, source })));
      expect(way.lost).toBe(true);
      expect(answers.map(({ status, body }) => (status === 200 ? 200 : JSON.stringify(body)))).toEqual(
        sources.map(() => 200),
      );
      const sql = `select v.source, v.version::text from registry.model_version v join registry.registered_model m on m.id = v.model_id where m.name = $1 order by v.source`;
      const stored = (await owner.query(sql, [name])).rows;
      expect(stored).toEqual(
        answers.map(({ body: { model_version: told } }) => ({ source: told.source, version: told.version })),
      );
    },
  );

  it('of an experiment, it is told, and not refused as one that exists', async () => {
    const name = `told ${performance.now()}`;
    way.loseNextCommit();
    const { status, body } = await post('experiments/create', { name });
    expect(way.lost).toBe(true);
    expect(status, JSON.stringify(body)).toBe(200);
    const found = await owner.query('select experiment_id::text as id from tracking.experiment where name = $1', [
      name,
    ]);
    expect(found.rows).toEqual([{ id: body.experiment_id }]);
  });

  it('of a logged model made without a key, it is made once and told', async () => {
    way.loseNextCommit();
    const { status, body } = await post('logged-models', { experiment_id: experiment, name: 'model' });
    expect(way.lost).toBe(true);
    expect(status, JSON.stringify(body)).toBe(200);
    const sql = 'select model_id as id from tracking.logged_model where experiment_id = $1';
    expect((await owner.query(sql, [experiment])).rows).toEqual([{ id: body.model.info.model_id }]);
  });

  it('of a trial of a prompt made without a key, it is made once and told as a whole', async () => {
    way.loseCommitOf('new-runs-add');
    const { status, body } = await post('runs/create-promptlab-run', {
      experiment_id: experiment,
      run_name: 'trial',
      prompt_template: 'Say {{ word }}',
      prompt_parameters: [{ key: 'word', value: 'hello' }],
      model_route: 'chat',
      model_input: 'Say hello',
      model_output: 'hello',
      mlflow_version: '3.0.0',
    });
    expect(way.lost).toBe(true);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.run.info.status).toBe('FINISHED');
    expect(await runNames()).toEqual(['trial']);
    const files = await fetch(`${url}/api/2.0/mlflow/artifacts/list?run_id=${body.run.info.run_id}`);
    expect(await files.text()).toContain('eval_results_table.json');
  });

  it('of a run made with a key, the same request again answers that run', async () => {
    way.loseNextCommit();
    const request = { experiment_id: experiment, run_name: 'keyed' };
    const first = await post('runs/create', request, 'lost-commit');
    expect(way.lost).toBe(true);
    expect([200, 503]).toContain(first.status);
    const again = await post('runs/create', request, 'lost-commit');
    expect(again.status).toBe(200);
    expect(await runNames()).toEqual(['keyed']);
  });
});
