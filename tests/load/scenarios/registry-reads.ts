import { type Target, oncePerServer } from './scenario.js';
import type { Scenario } from './scenario.js';
import { createLoggedModel, createModel, requireVersions } from './registered.js';
import { createExperiment } from './tracking.js';
import type { WireVersion } from './wire.js';

interface SeededModel {
  name: string;
  source: string;
}

const seededModel = oncePerServer(async ({ api, sizes }: Target): Promise<SeededModel> => {
  const experimentId = await createExperiment(api, 'searched versions');
  const id = await createLoggedModel(api, experimentId, 'searched');
  const name = `searched-${Date.now().toString(36)}`;
  await createModel(api, name);
  for (let version = 0; version < sizes.versions; version += 1)
    await api.post('/api/2.0/mlflow/model-versions/create', { name, source: `models:/${id}`, model_id: id });
  return { name, source: `models:/${id}` };
});

const modelsFound = 100;
const nameOf = (prefix: string, model: number): string => `${prefix}${String(model).padStart(4, '0')}`;

/** Models that begin with the prefix that is given, and as many others. */
const seededModels = oncePerServer(async ({ api }: Target): Promise<string> => {
  const stem = Date.now().toString(36);
  for (let model = 0; model < modelsFound; model += 1)
    for (const prefix of ['found', 'other']) await createModel(api, nameOf(`${prefix}-${stem}-`, model));
  return `found-${stem}-`;
});

/** What is asked by one address, and how its answer is checked. */
interface Read {
  readonly path: string;
  check(text: string): void;
}

function reading(
  about: Pick<Scenario, 'name' | 'title' | 'unit' | 'figure' | 'clients'>,
  readOf: (target: Target) => Promise<Read>,
): Scenario {
  return {
    ...about,
    servers: ['assay', 'mlflow'],
    perCall: () => 1,
    async prepare(target) {
      const { path, check } = await readOf(target);
      return {
        share: 'shared',
        keep: 'distinct',
        leastCalls: 3,
        calls: [{ method: 'GET', path }],
        async check({ answers }) {
          for (const { text } of answers) check(text);
        },
      };
    },
  };
}

/** The version that an alias of a model of 200 versions points to: what a service asks before it loads a model. */
export const getByAliasScenario = reading(
  { name: 'get-by-alias', title: 'get version by alias', unit: 'reads', figure: 'rate', clients: [1, 16] },
  async (target) => {
    const { name, source } = await seededModel(target);
    const version = String(target.sizes.versions / 2);
    await target.api.post('/api/2.0/mlflow/registered-models/alias', { name, alias: 'asked', version });
    const query = new URLSearchParams({ name, alias: 'asked' }).toString();
    return {
      path: `/api/2.0/mlflow/registered-models/alias?${query}`,
      check(text) {
        const { model_version: found }: { model_version: WireVersion } = JSON.parse(text);
        if (found.name !== name || String(found.version) !== version || found.source !== source)
          throw new Error(`version ${version} of ${name} was asked for, ${text.slice(0, 400)} came back`);
      },
    };
  },
);

/** A hundred of the models that match a name. */
export const searchModelsScenario = reading(
  { name: 'search-models', title: 'search models, 100 by name', unit: 'searches', figure: 'latency', clients: [1, 16] },
  async (target) => {
    const prefix = await seededModels(target);
    const query = new URLSearchParams({ filter: `name LIKE '${prefix}%'`, max_results: '100' }).toString();
    const wanted = Array.from({ length: modelsFound }, (_, model) => nameOf(prefix, model)).join();
    return {
      path: `/api/2.0/mlflow/registered-models/search?${query}`,
      check(text) {
        const { registered_models: found = [] }: { registered_models?: { name: string }[] } = JSON.parse(text);
        if (found.map(({ name }) => name).join() !== wanted)
          throw new Error(`${modelsFound} models ${prefix}… were made, ${found.length} came back`);
      },
    };
  },
);

/** All versions of one model. */
export const searchVersionsScenario = reading(
  {
    name: 'search-versions',
    title: 'search versions, 200 of one model',
    unit: 'searches',
    figure: 'latency',
    clients: [1],
  },
  async (target) => {
    const { name, source } = await seededModel(target);
    const query = new URLSearchParams({ filter: `name='${name}'`, max_results: '10000' }).toString();
    return {
      path: `/api/2.0/mlflow/model-versions/search?${query}`,
      check(text) {
        const page: { model_versions?: WireVersion[] } = JSON.parse(text);
        requireVersions(page.model_versions ?? [], name, target.sizes.versions, source);
      },
    };
  },
);
