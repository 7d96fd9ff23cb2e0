import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, startChild, untilAnswers } from '../machine/child.js';

export interface Minio {
  host: string;
  port: number;
  accessKey: string;
  secretKey: string;
  stop(): Promise<void>;
}

/** The MinIO that CI builds, or one in the path; null where there is none. */
export function minioBinary(): string | null {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'assay', 'ci');
  const built = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith('minio-')) : [];
  const places = [
    ...built.map((name) => join(cache, name)),
    ...(process.env.PATH ?? '').split(delimiter).filter(Boolean),
  ];
  return places.map((folder) => join(folder, 'minio')).find((file) => existsSync(file)) ?? null;
}

/** Starts MinIO with its files in a folder. */
export async function startMinio(folder: string): Promise<Minio> {
  const binary = minioBinary();
  if (binary === null) throw new Error('there is no MinIO on this machine');
  const port = await freePort();
  const data = join(folder, 'minio');
  mkdirSync(data, { recursive: true });
  const [accessKey, secretKey] = ['assaybench', 'assaybench-secret'];
  const child = startChild(
    'MinIO',
    binary,
    ['server', '--quiet', '--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${await freePort()}`, data],
    { MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey },
  );
  await untilAnswers(`http://127.0.0.1:${port}/minio/health/ready`, child);
  return { host: '127.0.0.1', port, accessKey, secretKey, stop: () => child.stop() };
}
