import type { Template } from '../driver/template.js';
import type { Scenario } from './scenario.js';
import { allRuns, createExperiment } from './tracking.js';
import { pythonJson } from './wire.js';

const firstNumber = 1_000_000;
const paramCount = 100;
const params = Array.from({ length: paramCount }, (_, index) => ({
  key: `model__layer_${index}__units`,
  value: `value ${(index * 7919) % 1000}`,
}));

/** A run and its hundred parameters: create run, then log-batch, as a client does that logs a configuration. */
export const createRunParamsScenario: Scenario = {
  name: 'create-run-params',
  title: 'create run + 100 parameters',
  unit: 'params',
  figure: 'rate',
  clients: [16],
  alsoClients: [1],
  servers: ['assay', 'mlflow', 'fasttrackml'],
  perCall: () => paramCount,
  async prepare({ api }, clients, round) {
    const experimentId = await createExperiment(api, `create run with parameters ${clients} ${round}`);
    const logParams: Template = ['{"run_id": "', { width: 32 }, `", "params": ${pythonJson(params)}}`];
    return {
      share: 'own',
      keep: 'none',
      calls: Array.from({ length: clients }, (_, client) => ({
        method: 'POST',
        path: '/api/2.0/mlflow/runs/create',
        body: [
          `{"experiment_id": "${experimentId}", "run_name": "run-${client}-`,
          { start: firstNumber, perCall: 1 },
          '", "user_id": "bench", "start_time": 1795300000000}',
        ],
        then: {
          take: '"run_id": ?"([0-9a-f]{32})"',
          call: { method: 'POST', path: '/api/2.0/mlflow/runs/log-batch', body: logParams },
        },
      })),
      async check({ perClient }) {
        const runs = await allRuns(api, experimentId);
        const made = perClient.reduce((sum, calls) => sum + calls, 0);
        if (runs.length !== made) throw new Error(`${made} runs were made, ${runs.length} came back`);
        for (const { info, data } of runs) {
          const back = new Map(data.params?.map(({ key, value }) => [key, value]));
          if (back.size !== paramCount)
            throw new Error(`${info.run_name} came back with ${back.size} of its ${paramCount} parameters`);
          for (const { key, value } of params)
            if (back.get(key) !== value) throw new Error(`${info.run_name} came back with ${key} = ${back.get(key)}`);
        }
      },
    };
  },
};
