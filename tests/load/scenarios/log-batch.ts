import type { Template } from '../driver/template.js';
import type { Scenario, Sizes } from './scenario.js';
import { createExperiment, createRuns, history, requirePoints } from './tracking.js';

const points = 1_000;
const firstStep = 1_000_000;
const firstTime = 1_795_300_000_000;
const msPerStep = 10;

/** A thousand points per call: ten metrics of a hundred steps, or a thousand metrics of one; each client has a run of its own. */
export const logBatchScenario: Scenario = {
  name: 'log-batch',
  title: 'log-batch of 1,000 metrics',
  unit: 'metrics',
  figure: 'rate',
  clients: [1, 16],
  servers: ['assay', 'mlflow', 'fasttrackml'],
  writesPoints: true,
  perCall: () => points,
  async prepare({ api, sizes }, clients, round) {
    const experimentId = await createExperiment(api, `log batch ${clients} ${round}`);
    const runs = await createRuns(api, experimentId, clients);
    const { keys, steps } = shapeOf(sizes);
    return {
      share: 'own',
      keep: 'none',
      calls: runs.map((run) => ({
        method: 'POST',
        path: '/api/2.0/mlflow/runs/log-batch',
        body: body(run, keys, steps),
      })),
      async check({ perClient }) {
        for (const [client, calls] of perClient.entries()) {
          // Of a thousand metrics every 37th is read back: 27 histories a run, and each call is in every one of them.
          for (let key = 0; key < keys; key += keys > 10 ? 37 : 1) {
            const back = await history(api, runs[client] ?? '', keyName(key));
            requirePoints(`client ${client}, ${keyName(key)}`, back, firstStep, calls * steps, (step) => ({
              value: valueOf(key, (step - firstStep) % steps),
              timestamp: firstTime + (step - firstStep) * msPerStep,
            }));
          }
        }
      },
    };
  },
};

function shapeOf(sizes: Sizes): { keys: number; steps: number } {
  return sizes.batchShape === 'keys' ? { keys: points, steps: 1 } : { keys: 10, steps: points / 10 };
}

function keyName(key: number): string {
  return `metric_${key}`;
}

/** A float with all its digits, as a loss has them. */
function valueOf(key: number, step: number): number {
  return Math.abs(Math.sin(key * 100 + step + 1));
}

/** As MLflow's Python client sends it; steps and times go on where the call before ended. */
function body(run: string, keys: number, steps: number): Template {
  const pieces: Exclude<Template, string>[number][] = [`{"run_id": "${run}", "metrics": [`];
  for (let step = 0; step < steps; step += 1)
    for (let key = 0; key < keys; key += 1)
      pieces.push(
        `${step + key === 0 ? '' : ', '}{"key": "${keyName(key)}", "value": ${valueOf(key, step)}, "timestamp": `,
        { start: firstTime + step * msPerStep, perCall: steps * msPerStep },
        ', "step": ',
        { start: firstStep + step, perCall: steps },
        '}',
      );
  return [...pieces, ']}'];
}
