import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { TokenCredentialReader } from '@assay/access-reads';
import { type Job, submitJobRequest } from '@assay/contracts';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { processAlive } from '@assay/platform/database';
import { AppError, Endpoint, Input, ListeningAddress } from '@assay/platform/http';
import { QueueModule } from '@assay/platform/queue';
import { RunnerModule } from '@assay/runner';
import { testDatabase, testPlatform } from '@assay/testing';
import { TrackingModule } from '@assay/tracking';
import { Controller, type DynamicModule, Module } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const csv = readFileSync(new URL('../fixtures/german-credit/german-credit.csv', import.meta.url), 'utf8');
const digest = createHash('sha256').update(csv).digest('hex');
const datasetRequest = z.object({ name: z.string(), version: z.coerce.number() });

/** One dataset, served as the registry serves it. */
@Controller()
class OneDataset {
  @Endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version',
    permission: 'registry:read',
    summary: 'Dataset version',
    request: datasetRequest,
  })
  get(@Input() { name, version }: { name: string; version: number }) {
    if (name !== 'german-credit') throw new AppError('RESOURCE_DOES_NOT_EXIST', 'There is no such dataset.');
    return { name, version, digest };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version/content',
    permission: 'registry:read',
    summary: 'Content',
    request: datasetRequest,
    produces: 'text/csv',
  })
  content(): string {
    return csv;
  }
}

const database = testDatabase();

@Module({ controllers: [OneDataset] })
class Surroundings {
  static make(): DynamicModule {
    return { module: Surroundings, imports: [QueueModule.with({ redisUrl: null, databaseUrl: database.urls.runner })] };
  }
}

const platform = testPlatform(database, {
  modules: [Surroundings.make(), ArtifactsModule, TrackingModule, RunnerModule],
  services: ['registry', 'runner'],
  credentials: TokenCredentialReader,
  environment: { ASSAY_RUNNER_BACKEND: 'portable', ASSAY_RUNNER_LEASE_SECONDS: '120' },
});

beforeAll(async () => {
  await platform.app.listen(0, '127.0.0.1');
  platform.get(ListeningAddress).set((await platform.app.getUrl()).replace('[::1]', '127.0.0.1'));
});

/** Long enough to be hit in the middle, short enough for a test. */
const slow = { hidden: [64], epochs: 40, patience: 40 };

describe('a job on a worker', () => {
  it('trains as a tracked run: parameters, one point per epoch, a logged model with its files, live log lines', async () => {
    const job = await ended(await submit({ epochs: 12 }));
    expect(job).toMatchObject({
      state: 'succeeded',
      epoch: 1,
      attempts: [{ state: 'succeeded', backend: { kind: 'portable', flags: { TF_ENABLE_ONEDNN_OPTS: '0' } } }],
    });
    expect(job.dataRead).toEqual([{ kind: 'dataset', name: 'german-credit', version: '1', sha256: digest }]);
    expect(job.attempts[0]?.machine).toMatchObject({ node: process.version, gpus: expect.any(Array) });
    expect(job.result?.['best_val_auc']).toBeGreaterThan(0.65);

    const { run } = (await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${job.runId}`)).body;
    expect(run.info.status).toBe('FINISHED');
    expect(run.data.params).toContainEqual({ key: 'seed', value: '7' });
    expect(await steps(job, 'val_auc')).toEqual(Array.from({ length: 12 }, (_, step) => step));

    const modelId = String(job.result?.['modelId']);
    const { model } = (await platform.call('GET', `/api/2.0/mlflow/logged-models/${modelId}`)).body;
    expect(model.info).toMatchObject({ status: 'LOGGED_MODEL_READY', source_run_id: job.runId });
    const { files } = (await platform.call('GET', `/api/2.0/mlflow/logged-models/${modelId}/artifacts/directories`))
      .body;
    expect(files.map(({ path }: { path: string }) => path)).toEqual([
      'MLmodel',
      'model.json',
      'preprocessing.json',
      'weights.bin',
    ]);
    const log = (await platform.call('GET', `/api/v1/jobs/${job.id}/logs`)).body;
    expect(log.lines.filter(({ text }: { text: string }) => text.startsWith('epoch '))).toHaveLength(12);
  });

  it('killed in the middle of training is followed by an attempt that gives what an unbroken one gives, in the same run', async () => {
    const unbroken = await ended(await submit(slow));
    const id = await submit(slow);
    await training(id, 5);
    const { pid } = await workerOf(id);
    process.kill(pid, 'SIGKILL');
    const job = await ended(id);

    expect(job).toMatchObject({ state: 'succeeded', epoch: 2, attempts: [{ state: 'lost' }, { state: 'succeeded' }] });
    expect(job.attempts[0]?.reason).toContain('SIGKILL');
    expect(await steps(job, 'loss')).toEqual(await steps(unbroken, 'loss'));
    expect(await values(job, 'val_loss')).toEqual(await values(unbroken, 'val_loss'));
    expect({ ...job.result, runId: '', modelId: '' }).toEqual({ ...unbroken.result, runId: '', modelId: '' });
    const { runs } = (
      await platform.call('POST', '/api/2.0/mlflow/runs/search', {
        experiment_ids: [await experimentId(job)],
        filter: `tags.\`assay.job.id\` = '${id}'`,
      })
    ).body;
    expect(runs).toHaveLength(1);
    const { models } = (
      await platform.call('POST', '/api/2.0/mlflow/logged-models/search', {
        experiment_ids: [await experimentId(job)],
        filter: `source_run_id = '${job.runId}'`,
      })
    ).body;
    expect(models).toHaveLength(1);
  });

  it('that is stopped from outside loses its lease; waking up, it may write nothing and ends itself', async () => {
    const id = await submit(slow);
    await training(id, 3);
    const { pid } = await workerOf(id);
    const stale = await tokenOf(pid);
    process.kill(pid, 'SIGSTOP');
    const overdue = async (): Promise<number> => {
      await database.query('update runner.attempt_status set lease_until = now() where job_id = $1 and epoch = 1', [
        id,
      ]);
      return (await read(id)).epoch;
    };
    await expect.poll(overdue).toBe(2);
    const { runId } = await read(id);
    const metric = { run_id: runId, metrics: [{ key: 'loss', value: 1, timestamp: 1, step: 9999 }] };
    expect((await platform.call('POST', '/api/2.0/mlflow/runs/log-batch', metric, stale)).status).toBe(401);
    expect(processAlive(pid)).toBe(false);
    const job = await ended(id);
    expect(job).toMatchObject({
      state: 'succeeded',
      attempts: [{ state: 'lost', reason: 'it gave no sign of life in time' }, { state: 'succeeded' }],
    });
    expect(await steps(job, 'loss')).not.toContain(9999);
  });

  it('is gone within seconds of being cancelled, its run is marked, and the slot is free for the next', async () => {
    const id = await submit({ ...slow, epochs: 5000, patience: 5000 });
    await training(id, 2);
    const { pid, folder } = await workerOf(id);
    const from = performance.now();
    await platform.call('POST', `/api/v1/jobs/${id}/cancel`, {});
    const job = await ended(id);
    expect(performance.now() - from).toBeLessThan(30_000); // a sign of life comes each half second; the training would take minutes
    expect(job.state).toBe('cancelled');
    expect(processAlive(pid)).toBe(false);
    expect(existsSync(folder)).toBe(false);
    expect((await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${job.runId}`)).body.run.info.status).toBe(
      'KILLED',
    );
    expect((await ended(await submit({ epochs: 2 }))).state).toBe('succeeded');
  });

  it('fails with a sentence when its data is not there, and its run says so', async () => {
    const job = await ended(await submit({ target: 'no-such-column' }));
    expect(job).toMatchObject({ state: 'failed', epoch: 1 });
    expect(job.error).toContain("no column 'no-such-column'");
    expect((await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${job.runId}`)).body.run.info.status).toBe(
      'FAILED',
    );
  });

  it('can be followed as it runs, and from the last line seen after a cut', async () => {
    const id = await submit({ epochs: 8 });
    const first = await follow(id, 3);
    expect(first.map(({ event }) => event)).toContain('log');
    const lastId = first.findLast((event) => event.id !== null)?.id ?? '';
    const rest = await follow(id, Number.POSITIVE_INFINITY, lastId);
    expect(rest.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded' } });
    const seen = [...first, ...rest].filter(({ event }) => event === 'log').map(({ data }) => data['text']);
    const { lines } = (await platform.call('GET', `/api/v1/jobs/${id}/logs`)).body;
    expect(seen).toEqual(lines.map((line: { text: string }) => line.text));
    const epochs = rest.filter(({ event }) => event === 'job').map(({ data }) => data['state']);
    expect(epochs.at(-1)).toBe('succeeded');
  });

  it('whose message was wiped from the queue still gets its turn', async () => {
    const id = await submit({ epochs: 2 });
    await database.query('delete from queue.job');
    expect((await ended(id)).state).toBe('succeeded');
  });
});

async function submit(params: Record<string, unknown>): Promise<string> {
  const request = submitJobRequest.parse({
    recipe: 'tabular',
    inputs: { dataset: { name: 'german-credit', version: 1 } },
    params: {
      experiment: 'credit',
      target: 'credit_risk',
      positive: 'bad',
      exclude: ['applicant_id', 'sex', 'personal_status'],
      seed: 7,
      ...params,
    },
  });
  const answer = await platform.call('POST', '/api/v1/jobs', request);
  expect(answer.status).toBe(201);
  return answer.body.id;
}

async function read(id: string): Promise<Job> {
  return (await platform.call('GET', `/api/v1/jobs/${id}`)).body;
}

async function ended(id: string): Promise<Job> {
  await expect.poll(async () => (await read(id)).endedAt, { timeout: 600_000, interval: 100 }).not.toBeNull();
  return read(id);
}

async function training(id: string, epochs: number): Promise<void> {
  await expect
    .poll(async () => (await read(id)).progress?.done ?? 0, { timeout: 300_000, interval: 50 })
    .toBeGreaterThanOrEqual(epochs);
}

async function workerOf(id: string): Promise<{ pid: number; folder: string }> {
  const [row] = await database.query(
    'select pid, epoch from runner.attempt_status where job_id = $1 order by epoch desc limit 1',
    [id],
  );
  return { pid: Number(row?.['pid']), folder: `${platform.dataDir}/runner/${id}-${String(row?.['epoch'])}` };
}

/** The token that the worker was started with. */
async function tokenOf(pid: number): Promise<string> {
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return environment.find((entry) => entry.startsWith('ASSAY_TOKEN='))?.slice('ASSAY_TOKEN='.length) ?? '';
}

async function points(job: Job, key: string): Promise<{ step: number; value: number }[]> {
  const answer = await platform.call(
    'GET',
    `/api/2.0/mlflow/metrics/get-history?run_id=${job.runId}&metric_key=${key}&max_results=25000`,
  );
  return answer.body.metrics
    .map(({ step = 0, value }: { step?: number; value: number }) => ({ step, value }))
    .toSorted((a: { step: number }, b: { step: number }) => a.step - b.step);
}

async function steps(job: Job, key: string): Promise<number[]> {
  return (await points(job, key)).map(({ step }) => step);
}

async function values(job: Job, key: string): Promise<number[]> {
  return (await points(job, key)).map(({ value }) => value);
}

async function experimentId(job: Job): Promise<string> {
  return (await platform.call('GET', `/api/2.0/mlflow/runs/get?run_id=${job.runId}`)).body.run.info.experiment_id;
}

interface ServerSentEvent {
  id: string | null;
  event: string;
  data: Record<string, unknown>;
}

/** Reads server-sent events until there were so many log lines, or the stream ends. */
async function follow(id: string, logLines: number, lastId?: string): Promise<ServerSentEvent[]> {
  const stop = new AbortController();
  const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
  const url = `${platform.get(ListeningAddress).url}/api/v1/jobs/${id}/events`;
  const response = await fetch(url, { headers, signal: stop.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: ServerSentEvent[] = [];
  let buffer = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    buffer += chunk;
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string | null => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
      events.push({ id: field('id'), event: field('event') ?? '', data: JSON.parse(field('data') ?? 'null') });
      if (events.filter(({ event }) => event === 'log').length >= logLines) {
        stop.abort();
        return events;
      }
    }
  }
  return events;
}
