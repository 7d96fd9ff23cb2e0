import type { Template } from '../driver/template.js';
import type { Scenario } from './scenario.js';
import { createExperiment, createRuns, history, requirePoints } from './tracking.js';

const firstStep = 1_000_000;
const firstTime = 1_795_300_000_000;
const msPerStep = 10;

/** Usually a thousand points per call: ten metrics of a hundred steps, or another shape; each client has a run of its own. */
export const logBatchScenario: Scenario = {
  name: 'log-batch',
  title: 'log-batch of 1,000 metrics',
  unit: 'metrics',
  figure: 'rate',
  clients: [1, 16],
  servers: ['assay', 'mlflow', 'fasttrackml'],
  writesPoints: true,
  perCall: ({ batchShape }) => batchShape.keys * batchShape.steps,
  async prepare({ api, sizes }, clients, round) {
    const experimentId = await createExperiment(api, `log batch ${clients} ${round}`);
    const runs = await createRuns(api, experimentId, clients);
    const { keys, steps } = sizes.batchShape;
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
              value: valueOf(key, (step - firstStep) % steps, Math.floor((step - firstStep) / steps)),
              timestamp: firstTime + (step - firstStep) * msPerStep,
            }));
          }
        }
      },
    };
  },
};

function keyName(key: number): string {
  return `metric_${key}`;
}

const firstEnd = 1_000_000;

/** The first digits of a value; those that follow grow with each call, so that no value of a metric is the one before. */
function digits(key: number, step: number): string {
  return `0.${Math.abs(Math.sin(key * 100 + step + 1))
    .toFixed(9)
    .slice(2)}`;
}

/** A float with all its digits, as a loss has them. */
function valueOf(key: number, step: number, call: number): number {
  return Number(`${digits(key, step)}${firstEnd + call}`);
}

/** As MLflow's Python client sends it; steps and times go on where the call before ended. */
function body(run: string, keys: number, steps: number): Template {
  const pieces: Exclude<Template, string>[number][] = [`{"run_id": "${run}", "metrics": [`];
  for (let step = 0; step < steps; step += 1)
    for (let key = 0; key < keys; key += 1)
      pieces.push(
        `${step + key === 0 ? '' : ', '}{"key": "${keyName(key)}", "value": ${digits(key, step)}`,
        { start: firstEnd, perCall: 1 },
        ', "timestamp": ',
        { start: firstTime + step * msPerStep, perCall: steps * msPerStep },
        ', "step": ',
        { start: firstStep + step, perCall: steps },
        '}',
      );
  return [...pieces, ']}'];
}
