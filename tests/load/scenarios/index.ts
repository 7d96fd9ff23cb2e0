import { artifactsScenarios, largeArtifactsScenarios } from './artifacts.js';
import { createRunParamsScenario } from './create-run-params.js';
import { createRunScenario } from './create-run.js';
import { createVersionScenario } from './create-version.js';
import { getRunScenario } from './get-run.js';
import { historyScenario } from './history.js';
import { logBatchScenario } from './log-batch.js';
import { logMetricScenario } from './log-metric.js';
import { millionRuns } from '../seeds/seed-many-runs.js';
import type { Scenario } from './scenario.js';
import { getByAliasScenario, searchModelsScenario, searchVersionsScenario } from './registry-reads.js';
import { presignedScenarios } from './presigned.js';
import { largeSearchScenarios, searchScenarios } from './search.js';

/** What is written, and a history, once more, in tables that hold a hundred times the runs. */
const grownScenarios = [createRunScenario, logMetricScenario, logBatchScenario, historyScenario].map(
  (scenario): Scenario => ({
    ...scenario,
    name: `${scenario.name}-grown`,
    title: `${scenario.title}, beside 1,000,000 runs`,
    servers: ['assay'],
    onlyWith: ['growth'],
    async prepare(target, clients, round) {
      await millionRuns(target);
      return scenario.prepare(target, clients, round);
    },
  }),
);

/** In the order in which they run: what they leave behind is what the later ones meet. */
export const scenarios: readonly Scenario[] = [
  createRunScenario,
  logMetricScenario,
  logBatchScenario,
  createRunParamsScenario,
  getRunScenario,
  ...searchScenarios,
  historyScenario,
  createVersionScenario,
  searchVersionsScenario,
  getByAliasScenario,
  searchModelsScenario,
  ...artifactsScenarios,
  ...presignedScenarios,
  ...largeArtifactsScenarios,
  ...largeSearchScenarios,
  ...grownScenarios,
];
