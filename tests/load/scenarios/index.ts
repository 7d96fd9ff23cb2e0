import { artifactsScenarios, largeArtifactsScenarios } from './artifacts.js';
import { createRunParamsScenario } from './create-run-params.js';
import { createRunScenario } from './create-run.js';
import { createVersionScenario } from './create-version.js';
import { getRunScenario } from './get-run.js';
import { historyScenario } from './history.js';
import { logBatchScenario } from './log-batch.js';
import { logMetricScenario } from './log-metric.js';
import type { Scenario } from './scenario.js';
import { searchVersionsScenario } from './search-versions.js';
import { searchScenarios } from './search.js';

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
  ...artifactsScenarios,
  ...largeArtifactsScenarios.map((scenario) => ({ ...scenario, onlyWith: 'large' }) as const),
];
