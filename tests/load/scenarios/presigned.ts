import { Client } from 'minio';
import { patternParts } from '../driver/artifact-pattern.js';
import { startRegistry } from '../servers/assay.js';
import { minioBinary, startMinio } from '../servers/minio.js';
import { Api } from './api.js';
import { artifactPath } from './registered.js';
import { type Scenario, type Target, oncePerServer } from './scenario.js';
import { createExperiment, createRun } from './tracking.js';

const bucket = 'bench';

/** This server a second time, on the same database, with its artifacts in a MinIO of the bench. */
const withMinio = oncePerServer(async (target: Target) => {
  const minio = await startMinio(target.place.folder);
  target.atEnd(() => minio.stop());
  const { host, port, accessKey, secretKey } = minio;
  const client = new Client({ endPoint: host, port, useSSL: false, accessKey, secretKey });
  await client.makeBucket(bucket);
  const server = await startRegistry(target.place, {
    ASSAY_ARTIFACTS_URL: `http://${accessKey}:${secretKey}@${host}:${port}/${bucket}`,
    ASSAY_ARTIFACTS_PRESIGNED_DOWNLOADS: '1',
  });
  target.atEnd(() => server.stop());
  const api = new Api(server.url);
  const experimentId = await createExperiment(api, 'presigned');
  const { info } = await createRun(api, experimentId, 'presigned');
  const file = `${artifactPath(info.artifact_uri)}/seeded.bin`;
  const content = Buffer.concat(patternParts(target.sizes.artifactBytes));
  await api.put(file, content);
  await client.putObject(bucket, 'raw.bin', content);
  return {
    presigned: server.url + file.replace('/mlflow-artifacts/artifacts/', '/mlflow-artifacts/presigned/'),
    raw: await client.presignedGetObject(bucket, 'raw.bin', 3600),
  };
});

function download(name: string, title: string, which: 'presigned' | 'raw'): Scenario {
  return {
    name,
    title,
    unit: 'MiB',
    figure: 'rate',
    clients: [16],
    servers: ['assay'],
    needs: () => (minioBinary() === null ? 'MinIO (.ci/run builds it)' : null),
    perCall: ({ artifactBytes }) => artifactBytes / 2 ** 20,
    async prepare(target) {
      const addresses = await withMinio(target);
      const downloadBytes = target.sizes.artifactBytes;
      const path = addresses[which];
      return {
        share: 'shared',
        keep: 'none',
        calls: [
          which === 'raw'
            ? { method: 'GET', path, downloadBytes }
            : { method: 'GET', path, follow: { take: '"url": ?"([^"]+)"', downloadBytes } },
        ],
        check: async () => undefined, // each answer was compared as it came
      };
    },
  };
}

/** The client asks this server where the file is and reads it there; beside it the same bytes from MinIO without us. */
export const presignedScenarios: readonly Scenario[] = [
  download('presigned-down', 'artifact down, presigned, 64 MiB', 'presigned'),
  download('minio-down', 'the same from raw MinIO, 64 MiB', 'raw'),
];
