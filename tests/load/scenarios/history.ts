import { type Target, oncePerServer } from './scenario.js';
import type { Scenario } from './scenario.js';
import { createExperiment, createRun, requirePoints } from './tracking.js';
import type { HistoryPage } from './wire.js';

const perBatch = 1_000;
const firstTime = 1_795_300_000_000;

const valueAt = (step: number): number => 1 / (1 + step) + Math.abs(Math.sin(step)) / 1000;

/** A run whose one metric has all the points, logged a thousand at a time through the API. */
const seededHistory = oncePerServer(async ({ api, sizes }: Target): Promise<string> => {
  const experimentId = await createExperiment(api, 'history');
  const { info } = await createRun(api, experimentId, 'long');
  for (let from = 0; from < sizes.historyPoints; from += perBatch)
    await api.post('/api/2.0/mlflow/runs/log-batch', {
      run_id: info.run_id,
      metrics: Array.from({ length: Math.min(perBatch, sizes.historyPoints - from) }, (_, index) => ({
        key: 'loss',
        value: valueAt(from + index),
        timestamp: firstTime + from + index,
        step: from + index,
      })),
    });
  return info.run_id;
});

/** The whole history of one metric in one answer, as `MlflowClient.get_metric_history` asks for it. */
export const historyScenario: Scenario = {
  name: 'history',
  title: 'history of 100,000 points',
  unit: 'histories',
  figure: 'latency',
  clients: [1],
  servers: ['assay', 'mlflow', 'fasttrackml'],
  perCall: () => 1,
  async prepare(target) {
    const runId = await seededHistory(target);
    return {
      share: 'shared',
      keep: 'distinct',
      leastCalls: 1,
      calls: [
        {
          method: 'GET',
          path: `/api/2.0/mlflow/metrics/get-history?run_uuid=${runId}&metric_key=loss&run_id=${runId}`,
        },
      ],
      async check({ answers }) {
        for (const { text } of answers) {
          const { metrics = [], next_page_token: more }: HistoryPage = JSON.parse(text);
          if (more) throw new Error('the history came back in pages');
          requirePoints('the history', metrics, 0, target.sizes.historyPoints, (step) => ({
            value: valueAt(step),
            timestamp: firstTime + step,
          }));
        }
      },
    };
  },
};
