import { jobPermissions, type SubmitJobRequest } from '@assay/contracts';
import { Config } from '@assay/platform/config';
import { type Database, databaseToken } from '@assay/platform/database';
import { QueueModule } from '@assay/platform/queue';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { type DynamicModule, Module } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunnerModule } from '../runner.module.js';
import { AttemptStore } from '../attempts/attempt.store.js';
import { EndAttempt } from '../attempts/end-attempt.js';
import { LocalProcessExecutor } from '../executors/local-process.executor.js';
import { JobStore } from './job.store.js';
import { AdmitJobs } from '../scheduling/admit-jobs.js';
import { WatchAttempts } from '../scheduling/watch-attempts.js';
import { aTabularJob } from './tabular-spec.builder.js';

const database = testDatabase();

@Module({})
class QueueOfThisDatabase {
  static make(): DynamicModule {
    return QueueModule.with({ redisUrl: null, databaseUrl: database.urls.runner });
  }
}

const platform = testPlatform(database, { modules: [QueueOfThisDatabase.make(), RunnerModule], services: ['runner'] });

beforeEach(async () => {
  await database.query('alter table runner.job disable trigger all');
  await database.query('alter table runner.attempt disable trigger all');
  await database.query('truncate runner.job, runner.attempt, runner.attempt_status, runner.job_log cascade');
  await database.query('alter table runner.job enable trigger all');
  await database.query('alter table runner.attempt enable trigger all');
});

describe('asking for a job', () => {
  it('queues it with its defaults filled in, its digest, and a record of who asked', async () => {
    const answer = await submit();
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      state: 'queued',
      recipe: 'tabular',
      createdBy: 'local',
      seed: 1,
      epoch: 0,
      waiting: 'It is about to get a slot.',
    });
    expect(answer.body.spec.params.hidden).toEqual([16]);
    expect(answer.body.specDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(await actions(answer.body.id)).toEqual(['runner.job.submitted.v1']);
  });

  it('gives equal specs equal digests, wherever they are queued', async () => {
    const [one, two, other] = [await submit(), await submit({ priority: 5 }), await submit({ params: { seed: 2 } })];
    expect(two.body.specDigest).toBe(one.body.specDigest);
    expect(other.body.specDigest).not.toBe(one.body.specDigest);
  });

  it.each([
    ['an unknown recipe', { recipe: 'mine-bitcoin', inputs: {}, params: {} }],
    ['a parameter that the recipe has not', { ...aTabularJob(), params: { ...aTabularJob().params, nope: 1 } }],
    ['a dataset without a version', { ...aTabularJob(), inputs: { dataset: { name: 'x' } } }],
    ['a version that the recipe has not', { ...aTabularJob(), version: 2 }],
  ])('refuses %s and changes nothing', async (_, body) => {
    const answer = await platform.call('POST', '/api/v1/jobs', body);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('INVALID_PARAMETER_VALUE');
    expect(await database.query('select from runner.job')).toHaveLength(0);
  });

  it('is refused to a job itself', async () => {
    actorNamed('a-job', { kind: 'job', permissions: jobPermissions('tabular') });
    expect((await platform.call('POST', '/api/v1/jobs', aTabularJob(), 'a-job')).status).toBe(403);
  });

  it('hides jobs of other workspaces', async () => {
    const { body } = await submit();
    actorNamed('elsewhere', { workspace: 'other' });
    expect((await platform.call('GET', `/api/v1/jobs/${body.id}`, undefined, 'elsewhere')).status).toBe(404);
    expect((await platform.call('POST', `/api/v1/jobs/${body.id}/cancel`, {}, 'elsewhere')).status).toBe(404);
    expect((await platform.call('GET', '/api/v1/jobs', undefined, 'elsewhere')).body.jobs).toEqual([]);
  });
});

describe('slots', () => {
  it('go to the highest priority, then to the oldest, and never to more jobs than there are slots', async () => {
    const [first, urgent] = [await submit(), await submit({ priority: 10 })];
    const admit = platform.get(AdmitJobs);
    await Promise.all([admit.execute(), admit.execute(), admit.execute()]);
    expect(platform.get(Config).runner.slots).toBe(1);
    expect((await admit.admitted()).map(({ id }) => id)).toEqual([urgent.body.id]);
    const waiting = await platform.call('GET', `/api/v1/jobs/${first.body.id}`);
    expect(waiting.body.waiting).toBe('The only slot is taken; it is number 1 in the queue.');
    const third = await submit();
    const { jobs } = (await platform.call('GET', '/api/v1/jobs?state=queued')).body;
    expect([first, third].map(({ body }) => jobs.find(({ id }: { id: string }) => id === body.id)?.waiting)).toEqual([
      'The only slot is taken; it is number 1 in the queue.',
      'The only slot is taken; it is number 2 in the queue.',
    ]);
  });

  it('are shared by all workspaces: a job is told how many wait before it, and nothing of whose they are', async () => {
    actorNamed('next-door', { workspace: 'next-door' });
    const [running, before] = [await submit({ priority: 10 }), await submit({ priority: 10 })];
    await platform.get(AdmitJobs).execute();
    const own = await platform.call('POST', '/api/v1/jobs', aTabularJob(), 'next-door');
    expect(own).toMatchObject({
      status: 201,
      body: { waiting: 'The only slot is taken; it is number 2 in the queue.' },
    });
    const looked = await platform.call('GET', `/api/v1/jobs/${own.body.id}`, undefined, 'next-door');
    const listed = await platform.call('GET', '/api/v1/jobs', undefined, 'next-door');
    expect(looked.body).toMatchObject({ waiting: own.body.waiting });
    expect(listed.body.jobs).toEqual([looked.body]);
    for (const { body } of [own, looked, listed])
      for (const { id } of [running.body, before.body]) expect(JSON.stringify(body)).not.toContain(id);
  });
});

describe('an attempt', () => {
  it('begins once, runs, tells of itself, and succeeds with the facts in the record', async () => {
    const { id, as } = await started();
    expect((await work(id, 1, 'start', { machine }, as)).body).toMatchObject({
      runId: null,
      spec: { recipe: 'tabular' },
    });
    expect((await work(id, 1, 'run', { runId: 'a'.repeat(32) }, as)).status).toBe(204);
    const line = { sequence: 1, at: '2026-01-01T00:00:00.000Z', level: 'info', text: 'epoch 1' };
    const beat = { progress: { stage: 'training', done: 1, total: 40 }, backend, dataRead, lines: [line, line] };
    const answer = await work(id, 1, 'heartbeat', beat, as);
    expect(answer.body).toMatchObject({ cancelRequested: false });
    await work(id, 1, 'heartbeat', { lines: [line, { ...line, sequence: 2, text: 'epoch 2' }] }, as);
    expect(
      (await work(id, 1, 'finish', { outcome: 'succeeded', result: { modelId: 'm-1', best_val_auc: 0.8 } }, as)).status,
    ).toBe(204);
    expect((await work(id, 1, 'finish', { outcome: 'succeeded', result: { modelId: 'm-1' } }, as)).status).toBe(204);

    const job = (await platform.call('GET', `/api/v1/jobs/${id}`)).body;
    expect(job).toMatchObject({
      state: 'succeeded',
      runId: 'a'.repeat(32),
      result: { modelId: 'm-1' },
      dataRead,
      progress: { done: 1 },
    });
    expect(job.attempts).toMatchObject([{ epoch: 1, state: 'succeeded', machine, backend }]);
    const log = (await platform.call('GET', `/api/v1/jobs/${id}/logs`)).body;
    expect(log.lines.map(({ text }: { text: string }) => text)).toEqual(['epoch 1', 'epoch 2']);
    expect(log.ended).toBe(true);
    const after = (await platform.call('GET', `/api/v1/jobs/${id}/logs?after=${log.lines[0].position}`)).body;
    expect(after.lines).toHaveLength(1);
    expect(await actions(id)).toEqual(
      ['submitted', 'admitted', 'starting', 'running', 'run-bound', 'succeeded'].map((name) => `runner.job.${name}.v1`),
    );
    const record = await lastRecord(id);
    expect(record).toMatchObject({
      after: { backend, dataRead, machine },
      links: { job: id, run: 'a'.repeat(32), modelId: 'm-1' },
    });
  });

  it('cannot write to a second run', async () => {
    const { id, as } = await started();
    await work(id, 1, 'run', { runId: 'a'.repeat(32) }, as);
    expect((await work(id, 1, 'run', { runId: 'a'.repeat(32) }, as)).status).toBe(204);
    expect((await work(id, 1, 'run', { runId: 'b'.repeat(32) }, as)).status).toBe(409);
  });

  it('that fails says why', async () => {
    const { id, as } = await started();
    await work(id, 1, 'start', { machine }, as);
    await work(id, 1, 'finish', { outcome: 'failed', error: 'the loss is NaN' }, as);
    expect((await platform.call('GET', `/api/v1/jobs/${id}`)).body).toMatchObject({
      state: 'failed',
      error: 'the loss is NaN',
    });
  });

  it('is not for the worker of another job or attempt, nor for people', async () => {
    const { id } = await started();
    const other = jobActor(id, 2);
    expect((await work(id, 1, 'heartbeat', {}, other)).status).toBe(403);
    expect((await work(id, 1, 'heartbeat', {}, jobActor('another', 1))).status).toBe(403);
    expect((await platform.call('POST', `/api/v1/jobs/${id}/attempts/1/heartbeat`, {})).status).toBe(403);
  });
});

describe('a lost lease', () => {
  it('is not counted against the job when it died while no platform looked after it', async () => {
    const { id } = await started({ maxAttempts: 1 });
    await expireLease(id);
    const startedAgain = new WatchAttempts(
      platform.get<Database>(databaseToken('runner')),
      platform.get(JobStore),
      platform.get(AttemptStore),
      platform.get(EndAttempt),
      platform.get(LocalProcessExecutor),
    );
    await startedAgain.execute();
    const { body } = await platform.call('GET', `/api/v1/jobs/${id}`);
    expect(body).toMatchObject({ state: 'queued', attempts: [{ state: 'interrupted' }] });
    await beginNext(id);
    await expireLease(id);
    await startedAgain.execute();
    expect((await platform.call('GET', `/api/v1/jobs/${id}`)).body).toMatchObject({
      state: 'failed',
      error: '1 of 1 attempts were lost, the last one because it gave no sign of life in time',
    });
  });

  it('gives the job to another attempt, and refuses every write of the old one', async () => {
    const { id, as } = await started();
    await platform.get(WatchAttempts).execute();
    await work(id, 1, 'start', { machine }, as);
    await expireLease(id);
    expect((await work(id, 1, 'heartbeat', {}, as)).status).toBe(409);
    await platform.get(WatchAttempts).execute();
    expect((await platform.call('GET', `/api/v1/jobs/${id}`)).body).toMatchObject({
      state: 'queued',
      attempts: [{ state: 'lost', reason: 'it gave no sign of life in time' }],
    });
    const second = await beginNext(id);
    expect(second).toBe(2);
    for (const [call, body] of [
      ['start', { machine }],
      ['heartbeat', {}],
      ['run', { runId: 'a'.repeat(32) }],
      ['finish', { outcome: 'succeeded' }],
    ] as const) {
      const refused = await work(id, 1, call, body, as);
      expect([call, refused.status, refused.body.code]).toEqual([call, 409, 'RESOURCE_CONFLICT']);
    }
    expect((await platform.call('GET', `/api/v1/jobs/${id}`)).body).toMatchObject({ state: 'starting', runId: null });
    expect((await work(id, 2, 'start', { machine }, jobActor(id, 2))).status).toBe(200);
  });

  it('ends the job when no attempt is left', async () => {
    const { id } = await started({ maxAttempts: 1 });
    await expireLease(id);
    await platform.get(WatchAttempts).execute();
    expect((await platform.call('GET', `/api/v1/jobs/${id}`)).body).toMatchObject({
      state: 'failed',
      error: '1 of 1 attempts were lost, the last one because it gave no sign of life in time',
    });
  });

  it('is not taken from a worker that spoke up in between', async () => {
    const { id, as } = await started();
    await work(id, 1, 'heartbeat', {}, as);
    await platform.get(WatchAttempts).execute();
    expect((await platform.call('GET', `/api/v1/jobs/${id}`)).body.state).toBe('starting');
  });
});

describe('cancelling', () => {
  it('ends a waiting job at once, and only once', async () => {
    const { body } = await submit();
    expect((await platform.call('POST', `/api/v1/jobs/${body.id}/cancel`, {})).body.state).toBe('cancelled');
    expect((await platform.call('POST', `/api/v1/jobs/${body.id}/cancel`, {})).status).toBe(200);
    expect(await actions(body.id)).toEqual(['runner.job.submitted.v1', 'runner.job.cancelled.v1']);
  });

  it('tells the worker of a running job, and never starts another attempt', async () => {
    const { id, as } = await started();
    await work(id, 1, 'start', { machine }, as);
    await platform.call('POST', `/api/v1/jobs/${id}/cancel`, {});
    expect((await work(id, 1, 'heartbeat', {}, as)).body.cancelRequested).toBe(true);
    await expireLease(id);
    await platform.get(WatchAttempts).execute();
    expect((await platform.call('GET', `/api/v1/jobs/${id}`)).body.state).toBe('cancelled');
  });

  it('is refused for a job that has ended', async () => {
    const { id, as } = await started();
    await work(id, 1, 'finish', { outcome: 'failed', error: 'x' }, as);
    expect((await platform.call('POST', `/api/v1/jobs/${id}/cancel`, {})).status).toBe(409);
  });
});

const machine = { host: 'h', cpu: 'c', cores: 2, memoryBytes: 1024, gpus: [], node: 'v24' };
const backend = { kind: 'portable', name: 'wasm', version: '4.22.0', gpu: false, reason: 'no binding', flags: {} };
const dataRead = [{ kind: 'dataset', name: 'german-credit', version: '1', sha256: 'a'.repeat(64) }];

function submit(changes: Parameters<typeof aTabularJob>[0] = {}) {
  const request: SubmitJobRequest = aTabularJob(changes);
  return platform.call('POST', '/api/v1/jobs', request);
}

async function started(changes: Parameters<typeof aTabularJob>[0] = {}): Promise<{ id: string; as: string }> {
  const { body } = await submit(changes);
  expect(await beginNext(body.id)).toBe(1);
  return { id: body.id, as: jobActor(body.id, 1) };
}

async function beginNext(id: string): Promise<number | undefined> {
  const admit = platform.get(AdmitJobs);
  await admit.execute();
  const job = (await admit.admitted()).find((admitted) => admitted.id === id);
  if (job === undefined) throw new Error(`job ${id} was not admitted`);
  const [one, two] = await Promise.all([admit.begin(job), admit.begin(job)]);
  expect([one, two].filter((begun) => begun === null)).toHaveLength(1);
  return (one ?? two)?.epoch;
}

function jobActor(jobId: string, epoch: number): string {
  const token = `job:${jobId}:${epoch}`;
  actorNamed(token, {
    id: `job:${jobId}`,
    kind: 'job',
    permissions: jobPermissions('tabular'),
    job: { jobId, epoch, runId: null, recipe: 'tabular' },
  });
  return token;
}

function work(id: string, epoch: number, call: string, body: unknown, as: string) {
  return platform.call('POST', `/api/v1/jobs/${id}/attempts/${epoch}/${call}`, body, as);
}

async function expireLease(id: string): Promise<void> {
  await database.query(
    `update runner.attempt_status set lease_until = clock_timestamp() - interval '1 second' where job_id = $1`,
    [id],
  );
}

async function actions(id: string): Promise<unknown[]> {
  const rows = await database.query(
    `select record ->> 'action' as action from audit.inbox where record -> 'target' ->> 'id' = $1 order by id`,
    [id],
  );
  return rows.map((row) => row['action']);
}

async function lastRecord(id: string): Promise<unknown> {
  const rows = await database.query(
    `select record from audit.inbox where record -> 'target' ->> 'id' = $1 order by id desc limit 1`,
    [id],
  );
  return rows[0]?.['record'];
}
