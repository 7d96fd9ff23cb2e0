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

/** All versions of one model. */
export const searchVersionsScenario: Scenario = {
  name: 'search-versions',
  title: 'search versions, 200 of one model',
  unit: 'searches',
  figure: 'latency',
  clients: [1],
  servers: ['assay', 'mlflow'],
  perCall: () => 1,
  async prepare(target) {
    const { name, source } = await seededModel(target);
    const query = new URLSearchParams({ filter: `name='${name}'`, max_results: '10000' }).toString();
    return {
      share: 'shared',
      keep: 'distinct',
      leastCalls: 3,
      calls: [{ method: 'GET', path: `/api/2.0/mlflow/model-versions/search?${query}` }],
      async check({ answers }) {
        for (const { text } of answers) {
          const page: { model_versions?: WireVersion[] } = JSON.parse(text);
          requireVersions(page.model_versions ?? [], name, target.sizes.versions, source);
        }
      },
    };
  },
};
