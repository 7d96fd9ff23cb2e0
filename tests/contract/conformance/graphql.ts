import { expect } from 'vitest';
import type { Answer, Api } from './api.js';
import type { Case } from './case.js';

/** What MLflow's page reads over GraphQL. */
async function ask(api: Api, query: string, more: object = {}): Promise<Answer> {
  return api.send('POST', '/graphql', { query, ...more });
}

async function answered(api: Api, query: string, more: object = {}): Promise<unknown> {
  const { status, body } = await ask(api, query, more);
  return status === 200 ? body : { status, body };
}

const fine = (data: unknown): unknown => ({ data, errors: null });
const failed = (message: string): unknown => ({ data: null, errors: [expect.stringContaining(message)] });
const numbered = (count: number, part: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => part(at)).join(' ');

async function runWithMetrics(api: Api): Promise<string> {
  const run_id = await api.run();
  await api.post('runs/log-batch', {
    run_id,
    metrics: [
      { key: 'auc', value: 0.5, timestamp: 1, step: 1 },
      { key: 'loss', value: 'NaN', timestamp: 2, step: 2 },
    ],
    params: [{ key: 'depth', value: '3' }],
  });
  return run_id;
}

export const graphqlCases: readonly Case[] = [
  {
    name: 'graphql: echo, with the operation named',
    run: (api) =>
      answered(api, 'query one { test(inputString: "a") { output } } query two { test(inputString: "b") { output } }', {
        operationName: 'two',
      }),
    expected: fine({ test: { output: 'b' } }),
  },
  {
    name: 'graphql: variables',
    run: (api) =>
      answered(api, 'query q($word: String) { test(inputString: $word) { output } }', { variables: { word: 'said' } }),
    expected: fine({ test: { output: 'said' } }),
  },
  {
    name: 'graphql: an experiment, what is not set included',
    run: async (api) => {
      const name = api.unique('graph');
      const { body } = await api.post('experiments/create', { name, tags: [{ key: 'team', value: 'risk' }] });
      const query = `{ mlflowGetExperiment(input: {experimentId: "${body.experiment_id}"}) {
        apiError { code } experiment { experimentId name lifecycleStage tags { key value } effectiveTraceArchivalRetention } } }`;
      const answer = JSON.stringify(await answered(api, query));
      return JSON.parse(answer.replaceAll(name, 'NAME').replaceAll(`"${body.experiment_id}"`, '"ID"'));
    },
    expected: fine({
      mlflowGetExperiment: {
        apiError: null,
        experiment: {
          experimentId: 'ID',
          name: 'NAME',
          lifecycleStage: 'active',
          tags: [{ key: 'team', value: 'risk' }],
          effectiveTraceArchivalRetention: '',
        },
      },
    }),
  },
  {
    name: 'graphql: an experiment that is not there',
    run: (api) => answered(api, '{ mlflowGetExperiment(input: {experimentId: "99999999"}) { experiment { name } } }'),
    expected: {
      data: { mlflowGetExperiment: null },
      errors: [expect.stringContaining('No Experiment with id=99999999 exists')],
    },
  },
  {
    name: 'graphql: a run with its experiment and its versions',
    run: async (api) => {
      const name = await api.model();
      const experiment = api.unique('graph');
      const { body } = await api.post('experiments/create', { name: experiment });
      const run_id = await api.run({ experiment_id: body.experiment_id });
      await api.post('model-versions/create', { name, run_id, source: `runs:/${run_id}/m` });
      const query = `query q @component(name: "Page") { mlflowGetRun(input: {runId: "${run_id}"}) { run {
        info { status startTime endTime lifecycleStage } experiment { name } modelVersions { name version currentStage aliases } } } }`;
      const answer = JSON.stringify(await answered(api, query));
      return JSON.parse(answer.replaceAll(experiment, 'EXPERIMENT').replaceAll(name, 'MODEL'));
    },
    expected: fine({
      mlflowGetRun: {
        run: {
          info: { status: 'RUNNING', startTime: '1000', endTime: '0', lifecycleStage: 'active' },
          experiment: { name: 'EXPERIMENT' },
          modelVersions: [{ name: 'MODEL', version: '1', currentStage: 'None', aliases: [] }],
        },
      },
    }),
  },
  {
    name: 'graphql: what was logged to a run; NaN is null',
    run: async (api) => {
      const run_id = await runWithMetrics(api);
      return answered(
        api,
        `{ mlflowGetRun(input: {runId: "${run_id}"}) { run {
          data { metrics { key value timestamp step } params { key value } } inputs { datasetInputs { dataset { name } } } } } }`,
      );
    },
    expected: fine({
      mlflowGetRun: {
        run: {
          data: {
            metrics: expect.arrayContaining([
              { key: 'auc', value: 0.5, timestamp: '1', step: '1' },
              { key: 'loss', value: null, timestamp: '2', step: '2' },
            ]),
            params: [{ key: 'depth', value: '3' }],
          },
          inputs: { datasetInputs: [] },
        },
      },
    }),
  },
  {
    name: 'graphql: runs found, as a query and as a mutation',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const ids = [
        await api.run({ experiment_id, start_time: 1 }),
        await api.run({ experiment_id, start_time: 2 }),
        await api.run({ experiment_id, start_time: 3 }),
      ];
      const field = `{ mlflowSearchRuns(input: {experimentIds: ["${experiment_id}"], maxResults: 2,
        orderBy: ["start_time ASC"]}) { runs { info { runId } modelVersions { name } } } }`;
      const answer = JSON.stringify([await answered(api, `query ${field}`), await answered(api, `mutation ${field}`)]);
      return JSON.parse(ids.reduce((text, id, at) => text.replaceAll(id, `run ${at}`), answer));
    },
    expected: Array.from({ length: 2 }, () =>
      fine({
        mlflowSearchRuns: {
          runs: [
            { info: { runId: 'run 0' }, modelVersions: [] },
            { info: { runId: 'run 1' }, modelVersions: [] },
          ],
        },
      }),
    ),
  },
  {
    name: 'graphql: a history',
    run: async (api) => {
      const run_id = await api.run();
      for (const step of [0, 1, 2])
        await api.post('runs/log-metric', { run_id, key: 'loss', value: step / 2, timestamp: 10 + step, step });
      return answered(
        api,
        `{ mlflowGetMetricHistoryBulkInterval(input: {runIds: ["${run_id}"], metricKey: "loss"}) {
          metrics { key value timestamp step } } }`,
      );
    },
    expected: fine({
      mlflowGetMetricHistoryBulkInterval: {
        metrics: [0, 1, 2].map((step) => ({
          key: 'loss',
          value: step / 2,
          timestamp: String(10 + step),
          step: String(step),
        })),
      },
    }),
  },
  {
    name: 'graphql: files of a run, two folders by aliases and a fragment',
    run: async (api) => {
      const run_id = await api.run();
      const run = await api.runNow(run_id);
      const root = String(run.info.artifact_uri).replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/');
      await api.send('PUT', `${root}/a.txt`, 'hello', {});
      await api.send('PUT', `${root}/folder/b.txt`, 'hello', {});
      return answered(
        api,
        `fragment Files on MlflowListArtifactsResponse { files { path isDir fileSize } }
         query q { top: mlflowListArtifacts(input: {runId: "${run_id}"}) { ...Files }
                   below: mlflowListArtifacts(input: {runId: "${run_id}", path: "folder"}) { ...Files } }`,
        { operationName: 'q' },
      );
    },
    expected: fine({
      top: {
        files: [
          { path: 'a.txt', isDir: false, fileSize: '5' },
          { path: 'folder', isDir: true, fileSize: '0' },
        ],
      },
      below: { files: [{ path: 'folder/b.txt', isDir: false, fileSize: '5' }] },
    }),
  },
  {
    name: 'graphql: datasets of an experiment',
    run: async (api) => {
      const experiment_id = await api.experiment();
      const run_id = await api.run({ experiment_id });
      const dataset = { name: 'applicants', digest: 'd1', source_type: 'local', source: 'a.csv' };
      await api.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] });
      const answer = await answered(
        api,
        `mutation m { mlflowSearchDatasets(input: {experimentIds: ["${experiment_id}"]}) {
          datasetSummaries { experimentId name digest context } } }`,
      );
      return JSON.parse(JSON.stringify(answer).replaceAll(`"${experiment_id}"`, '"ID"'));
    },
    expected: fine({
      mlflowSearchDatasets: {
        datasetSummaries: [{ experimentId: 'ID', name: 'applicants', digest: 'd1', context: '' }],
      },
    }),
  },
  {
    name: 'graphql: versions found',
    run: async (api) => {
      const name = await api.model();
      await api.version(name);
      await api.version(name);
      const answer = await answered(
        api,
        `{ mlflowSearchModelVersions(input: {filter: "name = '${name}'", maxResults: 1, orderBy: ["version_number DESC"]}) {
          modelVersions { name version status tags { key } } } }`,
      );
      return JSON.parse(JSON.stringify(answer).replaceAll(name, 'MODEL'));
    },
    expected: fine({
      mlflowSearchModelVersions: { modelVersions: [{ name: 'MODEL', version: '2', status: 'READY', tags: [] }] },
    }),
  },
  {
    name: 'graphql: too many root fields',
    run: (api) => answered(api, `{ ${numbered(12, (at) => `f${at}: test(inputString: "a") { output }`)} }`),
    expected: failed('GraphQL queries should have at most 10 root fields'),
  },
  {
    name: 'graphql: too many aliases, some of them in fragments',
    run: (api) =>
      answered(
        api,
        `query q { mlflowGetExperiment(input: {experimentId: "0"}) {
          ${numbered(6, (at) => `a${at}: experiment { name }`)} ...Rest } }
         fragment Rest on MlflowGetExperimentResponse { ${numbered(6, (at) => `b${at}: experiment { name }`)} }`,
      ),
    expected: failed('queries should have at most 10 aliases'),
  },
  {
    name: 'graphql: too deep',
    run: (api) => {
      const deep = Array.from({ length: 12 }).reduce<string>((inner) => `name { ${inner} }`, 'name');
      return answered(api, `{ mlflowGetExperiment(input: {experimentId: "0"}) { experiment { ${deep} } } }`);
    },
    expected: failed('Query exceeds maximum depth of 10'),
  },
  {
    name: 'graphql: too many selections',
    run: (api) =>
      answered(
        api,
        `{ mlflowGetExperiment(input: {experimentId: "0"}) { experiment { ${numbered(1002, (at) => `f${at} { name }`)} } } }`,
      ),
    expected: failed('Query exceeds maximum total selections of 1000'),
  },
  {
    name: 'graphql: a field that is not there',
    run: (api) => answered(api, '{ secrets { value } }'),
    expected: { data: null, errors: [expect.stringMatching(/Cannot query field .secrets. on type .Query./)] },
  },
];
