import { requireRun } from '../seeds/search-runs.js';
import { seededExperiment } from '../seeds/seed-runs.js';
import type { Scenario } from './scenario.js';
import type { WireRun } from './wire.js';

const asked = 200;

/** A run with ten metrics and ten parameters, another each time. */
export const getRunScenario: Scenario = {
  name: 'get-run',
  title: 'get run',
  unit: 'runs',
  figure: 'rate',
  clients: [1, 16, 64],
  servers: ['assay', 'mlflow', 'fasttrackml'],
  perCall: () => 1,
  async prepare(target) {
    const { runs } = await seededExperiment(target);
    const stride = Math.max(1, Math.floor(runs.length / asked));
    const some = runs.filter(({ index }) => index % stride === 0);
    return {
      share: 'shared',
      keep: 'distinct',
      calls: some.map(({ id }) => ({ method: 'GET', path: `/api/2.0/mlflow/runs/get?run_uuid=${id}&run_id=${id}` })),
      async check({ answers }) {
        for (const { call, text } of answers) {
          const wanted = some[call];
          const { run }: { run: WireRun } = JSON.parse(text);
          if (wanted) requireRun(run, wanted);
        }
      },
    };
  },
};
