import { allRuns, createExperiment } from './tracking.js';
import type { Scenario } from './scenario.js';
import { pythonJson } from './wire.js';

const firstNumber = 1_000_000;

/** As `mlflow.start_run()` sends it. */
export const createRunScenario: Scenario = {
  name: 'create-run',
  title: 'create run',
  unit: 'runs',
  figure: 'rate',
  clients: [16],
  alsoClients: [1, 64],
  servers: ['assay', 'mlflow', 'fasttrackml'],
  perCall: () => 1,
  async prepare({ api }, clients, round) {
    const experimentId = await createExperiment(api, `create run ${clients} ${round}`);
    return {
      share: 'own',
      keep: 'none',
      calls: Array.from({ length: clients }, (_, client) => ({
        method: 'POST',
        path: '/api/2.0/mlflow/runs/create',
        body: [
          `{"experiment_id": "${experimentId}", "run_name": "run-${client}-`,
          { start: firstNumber, perCall: 1 },
          rest,
        ],
      })),
      async check({ perClient }) {
        const runs = await allRuns(api, experimentId);
        const wanted = new Set(
          perClient.flatMap((calls, client) =>
            Array.from({ length: calls }, (_, call) => `run-${client}-${firstNumber + call}`),
          ),
        );
        if (runs.length !== wanted.size) throw new Error(`${wanted.size} runs were made, ${runs.length} came back`);
        for (const { info, data } of runs) {
          if (!wanted.delete(info.run_name)) throw new Error(`no run was named ${info.run_name}, or two came back`);
          if (Number(info.start_time) !== startTime) throw new Error(`${info.run_name} came back with another start`);
          const tags = new Map(data.tags?.map(({ key, value }) => [key, value]));
          for (const { key, value } of runTags)
            if (tags.get(key) !== value) throw new Error(`${info.run_name} came back without its tag ${key}`);
        }
      },
    };
  },
};

const startTime = 1_795_300_000_000;
const runTags = [
  { key: 'mlflow.user', value: 'bench' },
  { key: 'mlflow.source.name', value: 'train.py' },
  { key: 'mlflow.source.type', value: 'LOCAL' },
];
const rest = `", "user_id": "bench", "start_time": ${startTime}, "tags": ${pythonJson(runTags)}}`;
