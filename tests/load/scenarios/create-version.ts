import { isOurs } from '../servers/server.js';
import { type Target, oncePerServer } from './scenario.js';
import type { Scenario } from './scenario.js';
import { allVersions, createLoggedModel, createModel, requireVersions } from './registered.js';
import { createExperiment } from './tracking.js';
import { pythonJson } from './wire.js';

const modelCount = 16;

const loggedModels = oncePerServer(async ({ api }: Target): Promise<string[]> => {
  const experimentId = await createExperiment(api, 'registered');
  const ids: string[] = [];
  for (let index = 0; index < modelCount; index += 1)
    ids.push(await createLoggedModel(api, experimentId, `model-${index}`));
  return ids;
});

/** Versions of sixteen models, each of a logged model with five files (which this server seals, and records in its audit log). */
export const createVersionScenario: Scenario = {
  name: 'create-version',
  title: 'create version over 16 models',
  unit: 'versions',
  figure: 'rate',
  clients: [16],
  alsoClients: [1],
  servers: ['assay', 'mlflow'],
  perCall: () => 1,
  async prepare(target, clients, round) {
    const { api } = target;
    const sources = await loggedModels(target);
    const models = Array.from({ length: clients }, (_, client) => ({
      name: `bench-${clients}-${round}-${client}-${Date.now().toString(36)}`,
      source: sources[client % sources.length] ?? '',
    }));
    for (const { name } of models) await createModel(api, name);
    return {
      share: 'own',
      keep: 'none',
      calls: models.map(({ name, source }) => ({
        method: 'POST',
        path: '/api/2.0/mlflow/model-versions/create',
        body: pythonJson({ name, source: `models:/${source}`, model_id: source }),
      })),
      async check({ perClient }) {
        for (const [client, count] of perClient.entries()) {
          const { name = '', source = '' } = models[client] ?? {};
          requireVersions(await allVersions(api, name), name, count, `models:/${source}`);
        }
        if (isOurs(target.server.name)) await requireSealed(target, models[0]?.name ?? '');
      },
    };
  },
};

/** A version of ours holds the digests of the five files. */
async function requireSealed({ api }: Target, name: string): Promise<void> {
  const manifest = await api.get<{ files?: unknown[] }>(`/api/v1/models/${name}/versions/1/manifest`);
  if (manifest.files?.length !== 5)
    throw new Error(`version 1 of ${name} is sealed with ${manifest.files?.length ?? 'no'} files, not 5`);
}
