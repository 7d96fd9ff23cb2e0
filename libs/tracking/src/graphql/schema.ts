import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  Kind,
} from 'graphql';
import type { ReadApi } from './read-api.js';

/**
 * The GraphQL schema of MLflow's own page: reads of experiments, runs, histories, files, datasets and versions of models.
 * A field in camelCase is the field of MLflow's REST answer in snake_case, so types say names and kinds only, and what a root field answers is
 * what the REST endpoint of that name answers.
 */

/** Whole numbers travel as text, so that no client in JavaScript rounds them. */
export const longString = new GraphQLScalarType({
  name: 'LongString',
  description: 'Long converted to string to prevent truncation to max integer in JavaScript',
  coerceOutputValue: String,
  coerceInputValue: Number,
  coerceInputLiteral: (node) => (node.kind === Kind.INT ? Number(node.value) : null),
});

const text = GraphQLString;
const number = GraphQLFloat;
const texts = new GraphQLList(GraphQLString);

function object(name: string, fields: Readonly<Record<string, GraphQLOutputType>>): GraphQLObjectType {
  const configs = Object.entries(fields).map(([field, type]) => [field, { type }] as const);
  return new GraphQLObjectType({ name, fields: Object.fromEntries(configs) });
}

function input(name: string, fields: Readonly<Record<string, GraphQLInputType>>): GraphQLInputObjectType {
  const configs = Object.entries(fields).map(([field, type]) => [field, { type }] as const);
  return new GraphQLInputObjectType({ name, fields: Object.fromEntries(configs) });
}

function choice(name: string, values: readonly string[]): GraphQLEnumType {
  return new GraphQLEnumType({ name, values: Object.fromEntries(values.map((value) => [value, {}])) });
}

function listOf(type: GraphQLObjectType): GraphQLOutputType {
  return new GraphQLList(new GraphQLNonNull(type));
}

/** Fields of MLflow's schema that its own server never fills. */
export const apiError = object('ApiError', {
  code: text,
  message: text,
  helpUrl: text,
  traceId: text,
  errorDetails: new GraphQLList(object('ErrorDetail', { field: text, message: text })),
});

function answer(name: string, fields: Readonly<Record<string, GraphQLOutputType>>): GraphQLObjectType {
  return object(name, { ...fields, apiError });
}

const tag = { key: text, value: text };
const metricFields = {
  key: text,
  value: number,
  timestamp: longString,
  step: longString,
  datasetName: text,
  datasetDigest: text,
  modelId: text,
  runId: text,
};

const experiment = object('MlflowExperiment', {
  experimentId: text,
  name: text,
  artifactLocation: text,
  lifecycleStage: text,
  lastUpdateTime: longString,
  creationTime: longString,
  tags: listOf(object('MlflowExperimentTag', tag)),
  effectiveTraceArchivalRetention: text,
  workspace: text,
});

const modelVersion = object('MlflowModelVersion', {
  name: text,
  version: text,
  creationTimestamp: longString,
  lastUpdatedTimestamp: longString,
  userId: text,
  currentStage: text,
  description: text,
  source: text,
  runId: text,
  status: choice('MlflowModelVersionStatus', ['PENDING_REGISTRATION', 'FAILED_REGISTRATION', 'READY']),
  statusMessage: text,
  tags: listOf(object('MlflowModelVersionTag', tag)),
  runLink: text,
  aliases: texts,
  modelId: text,
  modelParams: listOf(object('MlflowModelParam', { name: text, value: text })),
  modelMetrics: listOf(object('MlflowModelMetric', metricFields)),
  deploymentJobState: object('MlflowModelVersionDeploymentJobState', {
    jobId: text,
    runId: text,
    jobState: choice('MlflowDeploymentJobConnectionState', [
      'DEPLOYMENT_JOB_CONNECTION_STATE_UNSPECIFIED',
      'NOT_SET_UP',
      'CONNECTED',
      'NOT_FOUND',
      'REQUIRED_PARAMETERS_CHANGED',
    ]),
    runState: choice('MlflowModelVersionDeploymentJobStateDeploymentJobRunState', [
      'DEPLOYMENT_JOB_RUN_STATE_UNSPECIFIED',
      'NO_VALID_DEPLOYMENT_JOB_FOUND',
      'RUNNING',
      'SUCCEEDED',
      'FAILED',
      'PENDING',
      'APPROVAL',
    ]),
    currentTaskName: text,
  }),
});

const runFields = {
  info: object('MlflowRunInfo', {
    runId: text,
    runUuid: text,
    runName: text,
    experimentId: text,
    userId: text,
    status: choice('MlflowRunStatus', ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']),
    startTime: longString,
    endTime: longString,
    artifactUri: text,
    lifecycleStage: text,
  }),
  data: object('MlflowRunData', {
    metrics: listOf(object('MlflowMetricExtension', metricFields)),
    params: listOf(object('MlflowParam', tag)),
    tags: listOf(object('MlflowRunTag', tag)),
  }),
  inputs: object('MlflowRunInputs', {
    datasetInputs: listOf(
      object('MlflowDatasetInput', {
        tags: listOf(object('MlflowInputTag', tag)),
        dataset: object('MlflowDataset', {
          name: text,
          digest: text,
          sourceType: text,
          source: text,
          schema: text,
          profile: text,
        }),
      }),
    ),
    modelInputs: listOf(object('MlflowModelInput', { modelId: text })),
  }),
  outputs: object('MlflowRunOutputs', {
    modelOutputs: listOf(object('MlflowModelOutput', { modelId: text, step: longString })),
  }),
};

/** A run as its REST endpoint answers it: what the fields that look beyond it start from. */
interface RunSource {
  readonly info: { readonly run_id: string; readonly experiment_id: string };
}

const run = new GraphQLObjectType<RunSource, ReadApi>({
  name: 'MlflowRunExtension',
  fields: {
    info: { type: runFields.info },
    data: { type: runFields.data },
    inputs: { type: runFields.inputs },
    outputs: { type: runFields.outputs },
    experiment: {
      type: experiment,
      resolve: async ({ info }, _, api) => api.experiment(info.experiment_id),
    },
    modelVersions: {
      type: listOf(modelVersion),
      resolve: async ({ info }, _, api) => api.versionsOfRun(info.run_id),
    },
  },
});

/** An answer of GraphQL is made in memory, so it holds no more; the next page has the rest. Where nobody says how many, REST answers as many. */
const mostRuns = 1000;

const searchRuns = readPage('POST', 'runs/search', mostRuns, {
  answer: answer('MlflowSearchRunsResponse', { runs: listOf(run), nextPageToken: text }),
  input: input('MlflowSearchRunsInput', {
    experimentIds: texts,
    filter: text,
    runViewType: choice('MlflowViewType', ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']),
    maxResults: GraphQLInt,
    orderBy: texts,
    pageToken: text,
  }),
});

/** Echoes, as MLflow's schema has one for each kind of operation. */
function echo(name: string): GraphQLFieldConfigMap<unknown, ReadApi>[string] {
  return {
    type: object(name, { output: text }),
    args: { inputString: { type: text } },
    description: 'Simple echoing field',
    resolve: (_, { inputString }) => ({ output: inputString }),
  };
}

interface ReadTypes {
  readonly answer: GraphQLObjectType;
  readonly input: GraphQLInputObjectType;
}

/** A root field that answers what a REST endpoint answers to the same input. */
function read(method: 'GET' | 'POST', path: string, types: ReadTypes): GraphQLFieldConfigMap<unknown, ReadApi>[string] {
  return {
    type: types.answer,
    args: { input: { type: types.input } },
    resolve: async (_, { input: given }, api) => api.call(method, path, given ?? {}),
  };
}

/** As `read`, with at most so many results on a page. */
function readPage(
  method: 'GET' | 'POST',
  path: string,
  most: number,
  types: ReadTypes,
): GraphQLFieldConfigMap<unknown, ReadApi>[string] {
  return {
    ...read(method, path, types),
    resolve: async (_, { input: given }, api) =>
      api.call(method, path, given?.maxResults > most ? { ...given, maxResults: most } : (given ?? {})),
  };
}

const query = new GraphQLObjectType<unknown, ReadApi>({
  name: 'Query',
  fields: {
    mlflowGetExperiment: read('GET', 'experiments/get', {
      answer: answer('MlflowGetExperimentResponse', { experiment }),
      input: input('MlflowGetExperimentInput', { experimentId: text }),
    }),
    mlflowGetMetricHistoryBulkInterval: read('GET', 'metrics/get-history-bulk-interval', {
      answer: answer('MlflowGetMetricHistoryBulkIntervalResponse', {
        metrics: listOf(
          object('MlflowMetricWithRunId', {
            key: text,
            value: number,
            timestamp: longString,
            step: longString,
            runId: text,
          }),
        ),
      }),
      input: input('MlflowGetMetricHistoryBulkIntervalInput', {
        runIds: texts,
        metricKey: text,
        startStep: GraphQLInt,
        endStep: GraphQLInt,
        maxResults: GraphQLInt,
      }),
    }),
    mlflowGetRun: read('GET', 'runs/get', {
      answer: answer('MlflowGetRunResponse', { run }),
      input: input('MlflowGetRunInput', { runId: text, runUuid: text }),
    }),
    mlflowListArtifacts: read('GET', 'artifacts/list', {
      answer: answer('MlflowListArtifactsResponse', {
        rootUri: text,
        files: listOf(object('MlflowFileInfo', { path: text, isDir: GraphQLBoolean, fileSize: longString })),
        nextPageToken: text,
      }),
      input: input('MlflowListArtifactsInput', { runId: text, runUuid: text, path: text, pageToken: text }),
    }),
    mlflowSearchModelVersions: read('GET', 'model-versions/search', {
      answer: answer('MlflowSearchModelVersionsResponse', {
        modelVersions: listOf(modelVersion),
        nextPageToken: text,
      }),
      input: input('MlflowSearchModelVersionsInput', {
        filter: text,
        maxResults: longString,
        orderBy: texts,
        pageToken: text,
      }),
    }),
    mlflowSearchRuns: searchRuns,
    test: echo('Test'),
  },
});

/** MLflow's page sends these reads as mutations, because their REST endpoints are POSTs. */
const mutation = new GraphQLObjectType<unknown, ReadApi>({
  name: 'Mutation',
  fields: {
    mlflowSearchDatasets: read('POST', 'experiments/search-datasets', {
      answer: answer('MlflowSearchDatasetsResponse', {
        datasetSummaries: listOf(
          object('MlflowDatasetSummary', { experimentId: text, name: text, digest: text, context: text }),
        ),
      }),
      input: input('MlflowSearchDatasetsInput', { experimentIds: texts }),
    }),
    mlflowSearchRuns: searchRuns,
    testMutation: echo('TestMutation'),
  },
});

/** Names the part of a page that asks; it changes nothing. */
const component = new GraphQLDirective({
  name: 'component',
  locations: [DirectiveLocation.QUERY, DirectiveLocation.MUTATION],
  args: { name: { type: new GraphQLNonNull(GraphQLString) } },
});

export const schema = new GraphQLSchema({ query, mutation, directives: [component] });
