import { createRunScenario } from './create-run.js';
import { getRunScenario } from './get-run.js';
import { logBatchScenario } from './log-batch.js';
import { logMetricScenario } from './log-metric.js';
import type { Scenario } from './scenario.js';
import { searchScenarios } from './search.js';

/** In the order in which they run: what they leave behind is what the later ones meet. */
export const scenarios: readonly Scenario[] = [
  createRunScenario,
  logMetricScenario,
  logBatchScenario,
  getRunScenario,
  ...searchScenarios,
];
