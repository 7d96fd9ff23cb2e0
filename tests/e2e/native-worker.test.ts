import { readFileSync } from 'node:fs';
import { job as jobAnswer, submitJobRequest } from '@assay/contracts';
import { findNativeBinding } from '@assay/recipes';
import { testDatabase } from '@assay/testing';
import { describe, expect, it, vi } from 'vitest';
import { wholePlatform } from './whole-platform.js';

describe.skipIf(findNativeBinding() === null)('a worker on native TensorFlow (needs native TensorFlow)', () => {
  const platform = wholePlatform(testDatabase(), { ASSAY_RUNNER_BACKEND: 'native' });

  it('trains there, and the job records which TensorFlow computed, with what settings', async () => {
    const csv = readFileSync(new URL('../fixtures/german-credit/german-credit.csv', import.meta.url), 'utf8');
    await send('/api/v1/datasets/german-credit/versions', 'text/csv', csv);
    const request = submitJobRequest.parse({
      recipe: 'tabular',
      inputs: { dataset: { name: 'german-credit', version: 1 } },
      params: {
        experiment: 'credit',
        target: 'credit_risk',
        positive: 'bad',
        exclude: ['applicant_id', 'sex', 'personal_status'],
        epochs: 15,
        seed: 7,
      },
    });
    const { id } = jobAnswer.parse(await send('/api/v1/jobs', 'application/json', JSON.stringify(request)));
    const job = await vi.waitUntil(
      async () => {
        const now = jobAnswer.parse(await (await fetch(`${platform.url}/api/v1/jobs/${id}`)).json());
        return now.endedAt === null ? null : now;
      },
      { timeout: 600_000, interval: 100 },
    );
    expect(job).toMatchObject({
      state: 'succeeded',
      attempts: [
        {
          backend: {
            kind: 'native',
            name: 'tensorflow',
            version: expect.stringMatching(/^2\./),
            flags: { TF_ENABLE_ONEDNN_OPTS: '0' },
          },
        },
      ],
    });
    expect(job.result?.['best_val_auc']).toBeGreaterThan(0.72);
  });

  async function send(path: string, type: string, body: string): Promise<unknown> {
    const response = await fetch(`${platform.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body });
    expect(response.ok, path).toBe(true);
    return response.json();
  }
});
