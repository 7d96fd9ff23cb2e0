import { type SeededExperiment, requireRun, seededRun } from '../seeds/search-runs.js';
import { seededExperiment } from '../seeds/seed-runs.js';
import type { Scenario, Target } from './scenario.js';
import type { WireRun } from './wire.js';

const asked = 200;

/** A run with ten metrics and ten parameters, another each time. */
export const getRunScenario: Scenario = {
  ...getRun('get-run', 'get run', seededExperiment),
  clients: [16],
  alsoClients: [1, 64],
  servers: ['assay', 'mlflow', 'fasttrackml'],
};

export function getRun(
  name: string,
  title: string,
  seeded: (target: Target) => Promise<SeededExperiment>,
): Omit<Scenario, 'clients' | 'servers'> {
  return {
    name,
    title,
    unit: 'runs',
    figure: 'rate',
    perCall: () => 1,
    async prepare(target) {
      const { count, idOf } = await seeded(target);
      const stride = Math.max(1, Math.floor(count / asked));
      const some = Array.from({ length: Math.min(asked, count) }, (_, place) =>
        seededRun(place * stride, idOf(place * stride)),
      );
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
}
