import { type Target, oncePerServer } from './scenario.js';
import type { Scenario, Sizes } from './scenario.js';
import { patternParts } from '../driver/artifact-pattern.js';
import { artifactPath } from './registered.js';
import { createExperiment, createRun } from './tracking.js';

const mib = 2 ** 20;
const firstFile = 1_000_000;

/** Files as large as the scenario says through the server's artifact proxy; every byte is compared. */
function artifactScenarios(suffix: string, title: string, bytesOf: (sizes: Sizes) => number) {
  const seededFile = oncePerServer(async (target: Target): Promise<string> => {
    const folder = await artifactFolder(target, 'downloads');
    const path = `${folder}/seeded.bin`;
    await target.api.put(path, Buffer.concat(patternParts(bytesOf(target.sizes))));
    return path;
  });

  const up: Scenario = {
    name: `artifact-up${suffix}`,
    title: `artifact up, ${title}`,
    unit: 'MiB',
    figure: 'rate',
    clients: [16],
    alsoClients: [1],
    servers: ['assay', 'mlflow'],
    perCall: (sizes) => bytesOf(sizes) / mib,
    async prepare(target, count) {
      const bytes = bytesOf(target.sizes);
      const folder = await artifactFolder(target, 'uploads');
      const fileOf = (client: number, call: number): string => `${folder}/client-${client}-${firstFile + call}.bin`;
      return {
        share: 'own',
        keep: 'none',
        calls: Array.from({ length: count }, (_, client) => ({
          method: 'PUT',
          path: [`${folder}/client-${client}-`, { start: firstFile, perCall: 1 }, '.bin'],
          contentType: 'application/octet-stream',
          uploadBytes: bytes,
        })),
        async check({ perClient }) {
          const files = perClient.flatMap((calls, client) =>
            Array.from({ length: calls }, (_, call) => fileOf(client, call)),
          );
          await target.load({
            url: target.server.url,
            clients: 4,
            share: 'once',
            calls: files.map((path) => ({ method: 'GET', path, downloadBytes: bytes })),
            seconds: 0,
            warmUpSeconds: 0,
            leastCalls: 0,
            keep: 'none',
            freshConnections: false,
          });
          await target.api.delete(folder);
        },
      };
    },
  };

  const down: Scenario = {
    name: `artifact-down${suffix}`,
    title: `artifact down, ${title}`,
    unit: 'MiB',
    figure: 'rate',
    clients: [16],
    alsoClients: [1],
    servers: ['assay', 'mlflow'],
    perCall: (sizes) => bytesOf(sizes) / mib,
    async prepare(target) {
      const path = await seededFile(target);
      return {
        share: 'shared',
        keep: 'none',
        calls: [{ method: 'GET', path, downloadBytes: bytesOf(target.sizes) }],
        check: async () => undefined, // each answer was compared as it came
      };
    },
  };
  return [up, down];
}

async function artifactFolder({ api }: Target, name: string): Promise<string> {
  const experimentId = await createExperiment(api, name);
  const { info } = await createRun(api, experimentId, name);
  return `${artifactPath(info.artifact_uri)}/${name}`;
}

export const artifactsScenarios: readonly Scenario[] = artifactScenarios(
  '',
  '64 MiB',
  ({ artifactBytes }) => artifactBytes,
);

/** A GiB each; asked for by `--large`. */
export const largeArtifactsScenarios: readonly Scenario[] = artifactScenarios('-1g', '1 GiB', ({ quick }) =>
  quick ? 2 ** 24 : 2 ** 30,
).map((scenario) => ({ ...scenario, onlyWith: ['large'] }));
