import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { JobTokens } from '@assay/platform/auth';
import { Clock } from '@assay/platform/database';
import { encodeScoreTable } from '@assay/pure/formats';
import { rocAuc, seededRandom } from '@assay/pure/ml';
import { type TestAnswer, testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { TrackedFiles } from '../model-versions/tracked-files.builder.js';
import { PromotionWorld, type SeededPerson } from '../promotions/promotion-world.builder.js';
import { RegistryModule } from '../registry.module.js';
import { CheckWaiting } from './check-waiting.js';

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const world = new PromotionWorld(database.query);
const tracked = new TrackedFiles(database, platform);
const dataset = 'd'.repeat(64);
const rows = 400;

let eve: SeededPerson;
let ada: SeededPerson;
let bob: SeededPerson;
let max: SeededPerson;
let serial = 0;
let model = '';
let modelId = '';

beforeAll(async () => {
  eve = await world.person('eve', ['contributor']);
  ada = await world.person('ada', ['approver']);
  bob = await world.person('bob', ['approver']);
  max = await world.person('max', ['maintainer']);
  await world.dataset('holdout', dataset);
});

beforeEach(async () => {
  serial += 1;
  model = `credit-${serial}`;
  modelId = await world.model(model);
  for (const version of [1, 2]) await world.version(modelId, version, { registered: eve.id, trained: eve.id });
});

/** Scores that see the class the more clearly the better; the rows' labels are always the same. */
function scoresOf(clarity: number): { labels: number[]; scores: number[] } {
  const random = seededRandom(17);
  const labels = Array.from({ length: rows }, () => (random.next() < 0.4 ? 1 : 0));
  return { labels, scores: labels.map((label) => (clarity * label + random.next()) / (1 + clarity)) };
}

async function jobToken(runId: string | null, version: number): Promise<string> {
  serial += 1;
  const jobId = `gates-job-${serial}`;
  await world.runningEvaluation(jobId, { name: model, version: String(version) });
  const of = { epoch: 1, runId, onBehalfOf: eve.id, workspace: 'default' };
  return platform.get(JobTokens).issue({ jobId, recipe: 'evaluate', ...of }, platform.get(Clock).now());
}

/** Keeps the scores as the recipe does and reports the evaluation. */
async function evaluated(version: number, clarity: number, threshold = 0.5): Promise<TestAnswer> {
  const { labels, scores } = scoresOf(clarity);
  const table = encodeScoreTable({ labels: Uint8Array.from(labels), scores: Float64Array.from(scores), groups: [] });
  const runId = await tracked.run();
  const path = `scores/${version}.scores`;
  const digest = await tracked.file('run', runId, path, table);
  const { facts } = anEvaluation(
    { version },
    {
      model: { name: model, version: String(version) },
      rows,
      threshold,
      metrics: { auc: rocAuc({ labels, scores }) ?? 0 },
      scores: { path, digest, rows },
    },
  );
  return platform.call('POST', '/api/v1/evaluations', facts, await jobToken(runId, version));
}

async function publish(gates: string, approvals = 1): Promise<void> {
  const text = `policy: rules-of-${model}
guards: { models: [${model}], pointers: [champion] }
evidence: { dataset: holdout, digest: "sha256:${dataset}" }
gates: ${gates}
approvals: [{ role: approver, count: ${approvals} }]
`;
  const { status, body } = await platform.call('POST', '/api/v1/policies', { text }, max.token);
  expect(status, JSON.stringify(body)).toBe(200);
}

async function requested(version: number): Promise<TestAnswer> {
  const body = { moves: [{ model, pointer: 'champion', version: String(version) }], reason: 'better' };
  return platform.call('POST', '/api/v1/promotions', body, eve.token);
}

function approve(id: string, by = ada): Promise<TestAnswer> {
  const body = { comment: 'looked at it', credential: { password: by.password } };
  return platform.call('POST', `/api/v1/promotions/${id}/approve`, body, by.token);
}

function seen(id: string): Promise<TestAnswer> {
  return platform.call('GET', `/api/v1/promotions/${id}`, undefined, eve.token);
}

const sure = '[{ gate: not-worse-than-holder, metric: auc, margin: 0.02, confidence: 0.95 }]';

describe('a comparison with the holder, row by row', () => {
  /** Version 1 holds the pointer, version 2 wants it. */
  async function challenged(clarity: { holder: number; candidate: number }, approvals = 1): Promise<string> {
    await evaluated(1, clarity.holder);
    await publish(sure, approvals);
    const first = await requested(1);
    expect(first.body.state).toBe('awaiting_approval');
    for (const by of [ada, bob].slice(0, approvals)) await approve(first.body.id, by);
    expect((await seen(first.body.id)).body.state).toBe('applied');
    await evaluated(2, clarity.candidate);
    return (await requested(2)).body.id;
  }

  it('is made in the background and then decides, and is kept with an audit record', async () => {
    const id = await challenged({ holder: 0.5, candidate: 0.9 });
    await platform.get(CheckWaiting).round();
    const { body } = await seen(id);
    expect(body.state).toBe('awaiting_approval');
    expect(body.gates[0]).toMatchObject({ outcome: 'passed', pending: false });
    expect(body.gates[0].observed).toMatch(/at 95 % confidence no worse than \+0\.\d+ .*2000 resamples/);
    const comparison = body.gates[0].evidence.find(({ kind }: { kind: string }) => kind === 'comparison');
    const records = await database.query(
      `select record #>> '{after,digest}' as digest from audit.inbox where record ->> 'action' = 'registry.comparison.made.v1' and record #>> '{target,id}' = $1`,
      [comparison.id],
    );
    expect(records).toEqual([{ digest: comparison.digest }]);
  });

  it('refuses a version that is surely worse', async () => {
    const id = await challenged({ holder: 0.9, candidate: 0.3 });
    await platform.get(CheckWaiting).round();
    expect((await seen(id)).body).toMatchObject({ state: 'refused', gates: [{ outcome: 'failed' }] });
  });

  it('gives the same answer whoever asks again, and another evaluation of the holder voids what was signed', async () => {
    const id = await challenged({ holder: 0.5, candidate: 0.9 }, 2);
    await platform.get(CheckWaiting).round();
    const before = (await seen(id)).body;
    expect((await approve(id)).body.decisions[0].voided).toBe(false);
    await evaluated(1, 0.5); // the very same scores
    await platform.get(CheckWaiting).round();
    const after = (await seen(id)).body;
    expect(after.state).toBe('awaiting_approval');
    expect(after.gates[0].observed).toBe(before.gates[0].observed);
    expect(after.binding).not.toBe(before.binding);
    expect(after.decisions[0].voided).toBe(true);
  });

  it('is not met where the scores are lost, and says so', async () => {
    await evaluated(1, 0.5);
    await publish(sure);
    await approve((await requested(1)).body.id);
    await evaluated(2, 0.9);
    await database.query(
      `set session_replication_role = replica; update tracking.file set sha256 = repeat('0', 64); set session_replication_role = origin`,
    );
    const { id } = (await requested(2)).body;
    await platform.get(CheckWaiting).round();
    expect((await seen(id)).body).toMatchObject({
      state: 'checking',
      gates: [{ outcome: 'missing', observed: expect.stringContaining("can't be read: evaluate it again") }],
    });
  });

  it('never changes, also not by SQL as the service', async () => {
    const pg = await import('pg');
    const client = new pg.default.Client({ connectionString: database.urls.registry, options: '-c assay.workspace=*' });
    await client.connect();
    await expect(client.query(`update registry.comparison set result = '{}'`)).rejects.toThrow(/permission denied/);
    await expect(
      client.query(`insert into registry.comparison values ('x', 'default', '{}', '{}', now())`),
    ).rejects.toThrow(/audit/);
    await client.end();
  });
});

describe('a self-reported number', () => {
  async function logged(version: number, key: string, value: number): Promise<void> {
    const [found] = await database.query(
      'select r.number, r.experiment_id from registry.model_version v join tracking.run r on r.run_id = v.run_id where v.model_id = $1 and v.version = $2',
      [modelId, version],
    );
    await database.query(
      `with known as (insert into tracking.metric_key (id, name) values (nextval('tracking.metric_key_id'), $3)
           on conflict (name) do update set name = excluded.name returning id)
       insert into tracking.metric_latest (run_number, key_id, experiment_id, step, timestamp_ms, value)
         select $1, id, $2, 3, 1767225600000, $4 from known`,
      [found?.['number'], found?.['experiment_id'], key, value],
    );
  }

  it('counts where the policy says so, and is marked in the answer and in the audit record', async () => {
    await logged(1, 'rows_per_second', 1200);
    await publish('[{ gate: metric-threshold, metric: rows_per_second, atLeast: 1000, selfReported: allowed }]');
    const { body } = await requested(1);
    expect(body).toMatchObject({
      state: 'awaiting_approval',
      gates: [{ outcome: 'passed', selfReported: true, observed: expect.stringContaining('self-reported') }],
    });
    const records = await database.query(
      `select record #> '{after,detail,gates}' as gates from audit.inbox where record ->> 'action' = 'registry.promotion.checked.v1' and record #>> '{target,id}' = $1`,
      [body.id],
    );
    expect(records[0]?.['gates']).toMatchObject([{ selfReported: true }]);
  });

  it('does not count where the policy is silent', async () => {
    await logged(1, 'auc', 0.99);
    await publish('[{ gate: metric-threshold, metric: auc, atLeast: 0.7 }]');
    expect((await requested(1)).body).toMatchObject({ state: 'checking', gates: [{ selfReported: false }] });
  });
});

describe('the threshold that the policy pins', () => {
  it('is no choice of whoever evaluates: other evaluations do not count, the holder’s neither', async () => {
    await evaluated(1, 0.9, 0.1);
    await publish('[{ gate: metric-threshold, metric: auc, atLeast: 0.7 }]');
    const { body } = await requested(1);
    expect(body).toMatchObject({ state: 'checking', gates: [{ observed: expect.stringContaining('no evaluation') }] });
    await evaluated(1, 0.9);
    expect((await seen(body.id)).body.state).toBe('awaiting_approval');
    await evaluated(1, 0.1, 0.9);
    expect((await seen(body.id)).body.state).toBe('awaiting_approval');
  });
});

describe('data that a version had learnt from', () => {
  it('counts as such when its run says so only after the evaluation', async () => {
    await evaluated(1, 0.9);
    await publish('[{ gate: metric-threshold, metric: auc, atLeast: 0.7 }]', 2);
    const { id } = (await requested(1)).body;
    expect((await approve(id)).body.state).toBe('awaiting_approval');
    await database.query(
      `with data as (insert into tracking.dataset (id, experiment_id, name, digest, source_type, source)
           values ('late-${model}', 0, 'late-${model}', left('${dataset}', 36), 'local', 'x') returning id)
       insert into tracking.run_dataset (run_number, dataset_id, tags)
         select r.number, data.id, '[]' from data, registry.model_version v join tracking.run r on r.run_id = v.run_id
           where v.model_id = '${modelId}' and v.version = 1`,
    );
    expect((await approve(id, bob)).status).toBe(409);
    expect((await seen(id)).body).toMatchObject({
      state: 'refused',
      outcome: expect.stringContaining('trained on the pinned data'),
    });
  });
});

describe('the state of drift', () => {
  const gate = '[{ gate: drift-state, atMost: ok, within: 30d }]';

  /** A monitor with a judged window that ended so many days ago, and with an open alert or none. */
  async function monitored(verdict: string, { daysAgo = 1, alert = false } = {}): Promise<void> {
    serial += 1;
    const id = `monitor-${serial}`;
    await database.query(`set session_replication_role = replica;
      insert into drift.monitor (id, workspace, name, model, pointer, reference_name, reference_version, reference_digest, reference_rows, rows_kept,
          features, alpha, minimum_rows, alarms, alarm_windows, owner, severity, runbook, created_by, created_at)
        values ('${id}', 'default', '${id}', '${model}', 'champion', 'r', 1, 'x', 1, 1, '[]', 0.05, 100, 1, 1, 'o', 'high', '', 'eve', now());
      insert into drift.judged_window (id, monitor_id, label, from_at, to_at, rows, rows_used, verdict, shifted, findings, checks, reference_digest,
          predictions_digest, judged_by, judged_at)
        values ('w-${id}', '${id}', '', now() - interval '60 days', now() - interval '${daysAgo} days', 1, 1, '${verdict}', '[]', '[]', '[]', 'x', 'y', 'eve', now());
      ${
        alert
          ? `insert into drift.alert (id, workspace, monitor_id, window_id, kind, state, severity, owner, runbook, features, windows, opened_at)
        values ('a-${id}', 'default', '${id}', 'w-${id}', 'drift', 'open', 'high', 'o', '', '[]', 1, now());`
          : ''
      }
      set session_replication_role = origin`);
  }

  it('is read from the monitors of the pointer', async () => {
    await publish(gate);
    const { id } = (await requested(1)).body;
    expect((await seen(id)).body).toMatchObject({
      state: 'checking',
      gates: [{ observed: expect.stringContaining('no monitor') }],
    });
    await monitored('steady');
    const checked = await platform.call('POST', `/api/v1/promotions/${id}/check`, undefined, eve.token);
    expect(checked.body).toMatchObject({
      state: 'awaiting_approval',
      gates: [{ evidence: [{ kind: 'drift-window' }] }],
    });
    await monitored('steady', { alert: true });
    expect((await approve(id)).status).toBe(409);
    expect((await seen(id)).body).toMatchObject({ state: 'refused' });
  });

  it('is not known from windows that are too old', async () => {
    await publish(gate);
    await monitored('steady', { daysAgo: 31 });
    expect((await requested(1)).body).toMatchObject({ state: 'checking', gates: [{ outcome: 'missing' }] });
  });
});

describe('a script', () => {
  const script = 'c'.repeat(64);
  const gate = `[{ gate: script, recipe: check, script: "sha256:${script}", parameters: { floor: 0.3 } }]`;

  async function checked(state: string, verdict: object | null, manifest = '1'.padStart(64, 'a')): Promise<void> {
    serial += 1;
    const spec = {
      recipe: 'check',
      inputs: { model: { name: model, version: '1' }, script: { run: 'r', path: 'check.mjs', sha256: script } },
      params: { parameters: { floor: 0.3 } },
    };
    const result = verdict === null ? null : { ...verdict, manifest, dataset, script, network: 'none' };
    const ended = verdict === null ? 'null' : 'clock_timestamp()';
    await database.query(`begin; set local session_replication_role = replica;
      insert into runner.job (id, workspace, recipe, spec, spec_digest, seed, queue, priority, max_attempts, state, epoch, created_at, created_by,
          created_by_kind, ended_at, result)
        values ('check-${serial}', 'default', 'check', '${JSON.stringify(spec)}', '', 1, 'default', 0, 1, '${state}', 1, clock_timestamp(), 'eve', 'person',
          ${ended}, '${JSON.stringify(result)}');
      commit`);
  }

  const check = async (id: string) =>
    (await platform.call('POST', `/api/v1/promotions/${id}/check`, undefined, eve.token)).body;

  it('decides by the job that ran it over this very version, and is not met before', async () => {
    await publish(gate);
    const { id } = (await requested(1)).body;
    expect((await seen(id)).body).toMatchObject({
      state: 'checking',
      gates: [{ observed: expect.stringContaining('submit one') }],
    });
    await checked('succeeded', { passed: true, reason: 'it was another model of this name' }, 'f'.repeat(64));
    expect(await check(id)).toMatchObject({ state: 'checking' });
    await checked('running', null);
    expect(await check(id)).toMatchObject({
      gates: [{ outcome: 'missing', observed: expect.stringContaining('is running') }],
    });
    await checked('succeeded', { passed: true, reason: 'no positive below 0.3' });
    expect(await check(id)).toMatchObject({
      state: 'awaiting_approval',
      gates: [{ outcome: 'passed', evidence: [{ kind: 'job' }] }],
    });
    await checked('succeeded', { passed: false, reason: 'a positive at 0.2' });
    expect((await approve(id)).status).toBe(409);
    expect((await seen(id)).body).toMatchObject({ state: 'refused' });
  });

  it('is refused at publishing where there is no such recipe, or no script is pinned', async () => {
    for (const wrong of [gate.replace('recipe: check', 'recipe: moon'), gate.replace(/script: "[^"]*",/, '')]) {
      const text = `policy: wrong-${model}\nguards: { models: [${model}], pointers: [champion] }\nevidence: { dataset: holdout, digest: "sha256:${dataset}" }\ngates: ${wrong}\napprovals: [{ role: approver }]\n`;
      expect((await platform.call('POST', '/api/v1/policies', { text }, max.token)).status).toBe(400);
    }
  });
});
