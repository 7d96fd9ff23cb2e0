import { describe, expect, it } from 'vitest';
import type { Sample } from './report/figures.js';
import { judge, peerFailures, wrongAnswers } from './report/judge.js';
import { Figures } from './report/summary.js';
import { report } from './report/table.js';
import { logBatchScenario } from './scenarios/log-batch.js';
import type { ServerName } from './servers/server.js';

const good = { calls: 20, failures: 0, failureTexts: [], failureKinds: {} };
const refusals = {
  calls: 20,
  failures: 3,
  failureTexts: ['500 {"error_code": "INTERNAL_ERROR"}'],
  failureKinds: { '500': 2, 'no answer': 1 },
};
const fine = async (): Promise<void> => undefined;
const lost = async (): Promise<void> => {
  throw new Error('3 points were acknowledged, 2 came back');
};

function sample(server: ServerName, judged: Pick<Sample, 'wrong' | 'failed'>): Sample {
  const latencyMs = { p50: 1, p95: 1, p99: 1, max: 1 };
  const measured = { calls: 20, perSecond: 10, latencyMs, cpuMsPerCall: 1, driverCpuMsPerCall: 1 };
  return {
    scenario: 'log-batch',
    server,
    clients: 16,
    round: 0,
    ...measured,
    bytesPerUnit: null,
    rssGrowthBytes: 0,
    ...judged,
  };
}

describe('what a window is worth', () => {
  it('is nothing when this server fails a call', async () => {
    const { wrong, failed } = await judge('assay', refusals, fine);
    expect(wrong).toMatch(/^3 calls failed: 500/);
    expect(failed).toBeNull();
  });

  it('is what was measured when a peer fails some, and that is told with their statuses', async () => {
    const judged = await judge('mlflow', refusals, lost);
    expect(judged).toEqual({
      wrong: null,
      failed: { calls: 3, kinds: { '500': 2, 'no answer': 1 }, first: '500 {"error_code": "INTERNAL_ERROR"}' },
    });
    const title = 'MLflow 3.17.2';
    const servers = [{ name: 'mlflow', title, coldStartMs: [], rssIdleBytes: 0, rssAfterBytes: 0 }] as const;
    const samples = [sample('mlflow', judged)];
    expect(wrongAnswers(samples)).toEqual([]);
    expect(
      peerFailures(
        samples,
        servers.map((each) => ({ ...each, coldStartMs: [] })),
      ),
    ).toEqual([
      'log-batch, 16 clients, round 1: MLflow 3.17.2 failed 3 calls beside 20 good ones (2 × 500, 1 × no answer): 500 {"error_code": "INTERNAL_ERROR"}',
    ]);
    const figures = new Figures(samples, []);
    expect(report([logBatchScenario], samples, [{ ...servers[0], coldStartMs: [] }], figures, true)).toContain(
      '10.0 metrics/s *',
    );
  });

  it.each(['assay', 'mlflow', 'fasttrackml'] as const)('is nothing when %s gives a wrong answer', async (server) => {
    const wrongBytes = { ...refusals, failureKinds: { '500': 2, wrong: 1 } };
    const all = [
      await judge(server, wrongBytes, fine),
      await judge(server, good, lost),
      await judge(server, { ...good, calls: 0 }, fine),
    ];
    expect(all.map(({ failed }) => failed)).toEqual([null, null, null]);
    expect(wrongAnswers(all.map((judged) => sample(server, judged)))).toEqual([
      `log-batch, 16 clients, round 1, ${server}: 3 calls failed: 500 {"error_code": "INTERNAL_ERROR"}`,
      `log-batch, 16 clients, round 1, ${server}: 3 points were acknowledged, 2 came back`,
      `log-batch, 16 clients, round 1, ${server}: no call was answered in the window`,
    ]);
  });

  it('is all of it when every check holds', async () => {
    expect(await judge('assay', good, fine)).toEqual({ wrong: null, failed: null });
  });
});
