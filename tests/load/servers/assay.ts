import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { migrate } from '@assay/migrations';
import { freePort, startChild, untilAnswers } from '../machine/child.js';
import type { Place, Server, Starter } from './server.js';

const root = resolve(import.meta.dirname, '../../../..');
const database = 'assay';
const password = 'bench-only';

/** `apps/registry` alone, as its own role and with its production defaults. */
export const assay: Starter = {
  name: 'assay',
  title: 'Assay',
  async prepare({ postgres }) {
    const passwords = { registry: password, runner: password, drift: password, audit: password };
    await migrate(postgres.url(database), passwords);
  },
  async start(place) {
    return startRegistry(place, {});
  },
};

export async function startRegistry({ postgres, folder }: Place, settings: Record<string, string>): Promise<Server> {
  const port = await freePort();
  const dataDir = join(folder, 'assay');
  mkdirSync(dataDir, { recursive: true });
  const url = `http://127.0.0.1:${port}`;
  const login = new URL(postgres.url(database));
  login.username = 'registry_svc';
  login.password = password;
  const began = performance.now();
  const child = startChild(
    'the registry',
    process.execPath,
    ['--enable-source-maps', join(root, 'apps/registry/dist/main.js')],
    {
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/compile'),
      ASSAY_PORT: String(port),
      ASSAY_DATA_DIR: dataDir,
      ASSAY_DATABASE_URL: login.href,
      ...settings,
    },
  );
  await untilAnswers(`${url}/api/2.0/mlflow/experiments/get?experiment_id=0`, child);
  return {
    name: 'assay',
    title: 'Assay',
    url,
    pid: child.pid,
    database,
    freshConnectionAtOne: false,
    coldStartMs: performance.now() - began,
    stop: () => child.stop(),
  };
}
