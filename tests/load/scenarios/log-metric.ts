import { createExperiment, createRuns, history, requirePoints } from './tracking.js';
import type { Scenario } from './scenario.js';

const firstStep = 1_000_000;
const value = 0.123_456_789_012_345_6;
const timestamp = 1_795_300_000_000;

/** One point of one metric per call; each client has a run of its own. */
export const logMetricScenario: Scenario = {
  name: 'log-metric',
  title: 'log one metric',
  unit: 'metrics',
  figure: 'rate',
  clients: [16],
  alsoClients: [1, 64],
  servers: ['assay', 'mlflow', 'fasttrackml'],
  perCall: () => 1,
  async prepare({ api }, clients, round) {
    const experimentId = await createExperiment(api, `log metric ${clients} ${round}`);
    const runs = await createRuns(api, experimentId, clients);
    return {
      share: 'own',
      keep: 'none',
      calls: runs.map((run) => ({
        method: 'POST',
        path: '/api/2.0/mlflow/runs/log-metric',
        body: [
          `{"run_uuid": "${run}", "run_id": "${run}", "key": "loss", "value": ${value}, "timestamp": `,
          { start: timestamp, perCall: 1 },
          ', "step": ',
          { start: firstStep, perCall: 1 },
          '}',
        ],
      })),
      async check({ perClient }) {
        for (const [client, count] of perClient.entries()) {
          const points = await history(api, runs[client] ?? '', 'loss');
          requirePoints(`client ${client}`, points, firstStep, count, (step) => ({
            value,
            timestamp: timestamp + step - firstStep,
          }));
        }
      },
    };
  },
};
