import { testDatabase } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { registryServer } from '../registry-server.js';
import { stockServer } from '../stock-server.js';
import { Api } from './api.js';
import { artifactCases } from './artifacts.js';
import type { Case } from './case.js';
import { evaluationDatasetCases, issueCases, scorerCases } from './evaluation.js';
import { exceptions } from './exceptions.js';
import { experimentCases } from './experiments.js';
import { graphqlCases } from './graphql.js';
import { loggedModelCases } from './logged-models.js';
import { metricCases } from './metrics.js';
import { modelVersionCases } from './model-versions.js';
import { legacyTraceCases, pageCases, traceMetricCases } from './page-calls.js';
import { registeredModelCases } from './registered-models.js';
import { runRefusals } from './run-refusals.js';
import { runSearchCases } from './run-search.js';
import { runCases } from './runs.js';
import { wireCases } from './wire.js';

const cases: readonly Case[] = [
  ...wireCases,
  ...experimentCases,
  ...runCases,
  ...runRefusals,
  ...metricCases,
  ...runSearchCases,
  ...loggedModelCases,
  ...artifactCases,
  ...registeredModelCases,
  ...modelVersionCases,
  ...graphqlCases,
  ...pageCases,
  ...legacyTraceCases,
  ...traceMetricCases,
  ...issueCases,
  ...scorerCases,
  ...evaluationDatasetCases,
];

const python = process.env['ASSAY_TEST_PYTHON'] ?? '';

describe.skipIf(python === '')('conformance: what the stock server answers is what is expected (needs Python)', () => {
  const server = stockServer(python);
  const api = new Api(() => server.url);
  it.each(cases)('$name', async ({ run, expected }) => {
    expect(await run(api)).toEqual(expected);
  });
});

describe('conformance: this server answers the same', () => {
  const server = registryServer(testDatabase());
  const api = new Api(() => server.url);
  const own = new Map(exceptions.map((exception) => [exception.case, exception.ours]));
  it.each(cases)('$name', async ({ name, run, expected }) => {
    expect(await run(api)).toEqual(own.has(name) ? own.get(name) : expected);
  });
});

it('has no two cases of one name, and no exception without a case', () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(exceptions.filter((exception) => !names.includes(exception.case))).toEqual([]);
});
