import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { evaluation, type Job, submitJobRequest } from '@assay/contracts';
import { decodeScoreTable } from '@assay/pure/formats';
import { epochPermutation, rocAuc } from '@assay/pure/ml';
import { testDatabase } from '@assay/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { wholePlatform } from './whole-platform.js';

const [header = '', ...lines] = readFileSync(
  new URL('../fixtures/german-credit/german-credit.csv', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n');
const order = epochPermutation(lines.length, 20240607, 0);
const part = (from: number, to: number): string =>
  `${[header, ...Array.from(order.slice(from, to), (place) => lines[place] ?? '')].join('\n')}\n`;

const database = testDatabase();
const platform = wholePlatform(database, { ASSAY_RUNNER_BACKEND: 'portable' });
const common = { target: 'credit_risk', positive: 'bad', exclude: ['applicant_id', 'sex', 'personal_status'], seed: 7 };
const slices = [{ column: 'sex' }, { column: 'age', edges: [25, 40] }];

describe('the built-in recipes against the whole platform', () => {
  let holder: Job;

  beforeAll(async () => {
    await upload('credit-train', part(0, 350));
    await upload('credit-holdout', part(350, 500));
    await upload('credit-month', part(500, 650));
    holder = await run({
      recipe: 'tabular',
      inputs: { dataset: { name: 'credit-train', version: 1 } },
      params: { experiment: 'credit', register: 'credit-risk', ...common },
    });
  });

  it('trains, and registers the result as a sealed version', async () => {
    expect(holder).toMatchObject({ state: 'succeeded', result: { model: 'credit-risk', version: '1' } });
    const manifest = await call('GET', '/api/v1/models/credit-risk/versions/1/manifest');
    expect(manifest.files.map(({ path }: { path: string }) => path)).toEqual([
      'MLmodel',
      'model.json',
      'preprocessing.json',
      'weights.bin',
    ]);
  });

  it('evaluates a version on held-out data: overall, by sex, by age group, calibrated, every score kept', async () => {
    const job = await run({
      recipe: 'evaluate',
      inputs: { model: { name: 'credit-risk', version: '1' }, dataset: { name: 'credit-holdout', version: 1 } },
      params: { experiment: 'credit-evaluations', slices },
    });
    expect(job).toMatchObject({ state: 'succeeded' });
    const { evaluations } = await call('GET', '/api/v1/evaluations?model=credit-risk&version=1');
    const [measured] = z.array(evaluation).parse(evaluations);
    expect(measured).toMatchObject({ jobId: job.id, runId: job.runId, rows: 150, onTrainingData: false });
    expect(measured?.metrics['auc']).toBeGreaterThan(0.72);
    expect(measured?.metrics['auc']).toBe(job.result?.['auc']);
    expect(measured?.slices.map(({ column, groups }) => [column, groups.map(({ value }) => value)])).toEqual([
      ['sex', ['female', 'male']],
      ['age', ['(25, 40]', '>40', '≤25']],
    ]);
    expect(measured?.slices[0]?.groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(150);
    expect(measured?.calibration).toHaveLength(10);
    const path = measured?.scores.path ?? '';
    const kept = await fetch(`${platform.url}/get-artifact?run_id=${job.runId}&path=${encodeURIComponent(path)}`);
    const bytes = new Uint8Array(await kept.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(measured?.scores.digest);
    const { labels, scores, groups } = decodeScoreTable(bytes);
    expect(rocAuc({ labels: [...labels], scores: [...scores] })).toBeCloseTo(
      measured?.metrics['auc'] ?? Number.NaN,
      12,
    );
    expect(groups.map(({ column }) => column)).toEqual(['sex', 'age']);
    expect(bytes.length).toBeLessThan(150 * 8 + 500);
    const { run: measuring } = await call('GET', `/api/2.0/mlflow/runs/get?run_id=${job.runId ?? ''}`);
    const folder = String(measuring.info.artifact_uri).replace(/^mlflow-artifacts:\//, '');
    const sealed = await fetch(`${platform.url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${path}`, {
      method: 'PUT',
      body: 'other scores',
    });
    expect(sealed.status, await sealed.text()).toBe(409);
  });

  it('runs a pinned script over labels and scores, and keeps its verdict; another text of it is not run', async () => {
    const script = `export function check({ labels, scores, parameters }) {
      const good = scores.filter((_, row) => labels[row] === 0);
      const refused = good.filter((score) => score >= 0.5).length / good.length;
      return { passed: refused <= parameters.most, reason: 'refuses ' + refused.toFixed(2) + ' of the good' };
    }`;
    const folder = holder.runId ?? '';
    const { run: trained } = await call('GET', `/api/2.0/mlflow/runs/get?run_id=${folder}`);
    const place = String(trained.info.artifact_uri).replace(/^mlflow-artifacts:\//, '');
    const put = await fetch(`${platform.url}/api/2.0/mlflow-artifacts/artifacts/${place}/checks/refusals.mjs`, {
      method: 'PUT',
      body: script,
    });
    expect(put.status).toBe(200);
    const checked = (sha256: string, most: number): Promise<Job> =>
      run({
        recipe: 'check',
        inputs: {
          model: { name: 'credit-risk', version: '1' },
          dataset: { name: 'credit-holdout', version: 1 },
          script: { run: folder, path: 'checks/refusals.mjs', sha256 },
        },
        params: { experiment: 'credit-checks', parameters: { most } },
      });
    const sha256 = createHash('sha256').update(script).digest('hex');
    const { digest } = await call('GET', '/api/v1/models/credit-risk/versions/1/manifest');
    expect(await checked(sha256, 0.9)).toMatchObject({
      state: 'succeeded',
      result: { passed: true, manifest: String(digest).replace(/^sha256:/, ''), script: sha256 },
    });
    expect(await checked(sha256, 0)).toMatchObject({ state: 'succeeded', result: { passed: false } });
    expect(await checked('0'.repeat(64), 0.9)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('is not run'),
    });
  });

  it('says so when a version is measured on its own training data', async () => {
    await run({
      recipe: 'evaluate',
      inputs: { model: { name: 'credit-risk', version: '1' }, dataset: { name: 'credit-train', version: 1 } },
      params: { experiment: 'credit-evaluations', slices: [] },
    });
    const { evaluations } = await call('GET', '/api/v1/evaluations?model=credit-risk&version=1');
    expect(evaluations[0].onTrainingData).toBe(true);
  });

  it('measures a challenger beside the holder on the same rows', async () => {
    const challenger = await run({
      recipe: 'tabular',
      inputs: { dataset: { name: 'credit-train', version: 1 } },
      params: { experiment: 'credit', register: 'credit-risk', ...common, seed: 42 },
    });
    expect(challenger.result?.['version']).toBe('2');
    const job = await run({
      recipe: 'evaluate',
      inputs: {
        model: { name: 'credit-risk', version: '2' },
        dataset: { name: 'credit-holdout', version: 1 },
        comparedWith: { name: 'credit-risk', version: '1' },
      },
      params: { experiment: 'credit-evaluations', slices },
    });
    const { evaluations } = await call('GET', '/api/v1/evaluations?model=credit-risk&version=2');
    expect(evaluations[0]).toMatchObject({ comparedWith: { name: 'credit-risk', version: '1' } });
    expect(job.result?.['comparedEvaluationId']).toEqual(expect.any(String));
  });

  it('scores rows with what the pointer holds, and the same job again counts nothing twice', async () => {
    await call('POST', '/api/2.0/mlflow/registered-models/alias', {
      name: 'credit-risk',
      alias: 'champion',
      version: '1',
    });
    const monitor = await call('POST', '/api/v1/monitors', {
      name: 'credit-risk',
      model: 'credit-risk',
      pointer: 'champion',
      reference: { name: 'credit-train', version: 1 },
      exclude: ['applicant_id', 'credit_risk'],
      minimumEffect: 0.25,
      owner: 'risk-team',
      severity: 'high',
    });
    const spec = {
      recipe: 'score',
      inputs: { model: { name: 'credit-risk', alias: 'champion' }, dataset: { name: 'credit-month', version: 1 } },
      params: {
        experiment: 'credit-scores',
        monitor: monitor.id,
        idColumn: 'applicant_id',
        idPrefix: '2026-07-',
        label: 'July 2026',
        from: '2026-07-01T00:00:00Z',
        to: '2026-08-01T00:00:00Z',
      },
    };
    const job = await run(spec);
    expect(job).toMatchObject({
      state: 'succeeded',
      result: { version: '1', accepted: 150, duplicates: 0, verdict: 'steady' },
    });
    const again = await run(spec);
    expect(again.result).toMatchObject({ accepted: 0, duplicates: 150, windowId: job.result?.['windowId'] });
  });

  it('scores an unknown pointer into a failure that says what is missing', async () => {
    const job = await run({
      recipe: 'score',
      inputs: { model: { name: 'credit-risk', alias: 'nobody' }, dataset: { name: 'credit-month', version: 1 } },
      params: { experiment: 'x', idColumn: 'applicant_id', from: '2026-07-01T00:00:00Z', to: '2026-08-01T00:00:00Z' },
    });
    expect(job.state).toBe('failed');
    expect(job.error).toContain('alias nobody not found');
  });
});

async function run(spec: unknown): Promise<Job> {
  const { id } = await call('POST', '/api/v1/jobs', submitJobRequest.parse(spec));
  return vi.waitUntil(
    async () => {
      const job: Job = await call('GET', `/api/v1/jobs/${id}`);
      return job.endedAt === null ? null : job;
    },
    { timeout: 600_000, interval: 100 },
  );
}

async function upload(name: string, csv: string): Promise<void> {
  const response = await fetch(
    `${platform.url}/api/v1/datasets/${name}/versions?target=credit_risk&sensitive=sex&identifier=applicant_id`,
    {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: csv,
    },
  );
  expect(response.status, await response.text()).toBeLessThan(300);
}

// oxlint-disable-next-line typescript/no-explicit-any -- assertions look into answers of every shape
async function call(method: string, path: string, body?: unknown): Promise<any> {
  const init =
    body === undefined
      ? { method }
      : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${platform.url}${path}`, init);
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
  return JSON.parse(answer);
}
