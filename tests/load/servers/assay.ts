import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { migrate } from '@assay/migrations';
import { freePort, startChild, untilAnswers } from '../machine/child.js';
import type { Place, Server, Starter } from './server.js';

const password = 'bench-only';
const registry = 'apps/registry/dist/main.js';

interface Build {
  readonly name: 'assay' | 'before';
  readonly title: string;
  /** Of a checkout that is built. */
  readonly root: string;
}

const thisBuild: Build = { name: 'assay', title: 'Assay', root: resolve(import.meta.dirname, '../../../..') };

export const assay: Starter = starterOf(thisBuild);

/** The same server as another checkout has it, beside this one and on a database of its own. */
export function otherBuild(folder: string): Starter {
  return starterOf({ name: 'before', title: 'the other build', root: resolve(folder) });
}

/** Whether a checkout is built as far as the bench needs it. */
export function isBuilt(folder: string): boolean {
  return [registry, 'migrations/dist/index.js'].every((file) => existsSync(join(folder, file)));
}

/** `apps/registry` alone, as its own role and with its production defaults. */
function starterOf(build: Build): Starter {
  return {
    name: build.name,
    title: build.title,
    async prepare({ postgres }) {
      if (build.name !== thisBuild.name) await postgres.create(build.name); // Postgres starts with the other one
      const passwords = { registry: password, runner: password, drift: password, audit: password };
      const its: { migrate: typeof migrate } = await import(
        pathToFileURL(join(build.root, 'migrations/dist/index.js')).href
      );
      await its.migrate(postgres.url(build.name), passwords);
    },
    start: (place) => startBuild(build, place, {}),
  };
}

export function startRegistry(place: Place, settings: Record<string, string>): Promise<Server> {
  return startBuild(thisBuild, place, settings);
}

async function startBuild(
  { name, title, root }: Build,
  { postgres, folder }: Place,
  settings: Record<string, string>,
): Promise<Server> {
  const port = await freePort();
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { recursive: true });
  const url = `http://127.0.0.1:${port}`;
  const login = new URL(postgres.url(name));
  login.username = 'registry_svc';
  login.password = password;
  const began = performance.now();
  const child = startChild('the registry', process.execPath, ['--enable-source-maps', join(root, registry)], {
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/compile'),
    ASSAY_PORT: String(port),
    ASSAY_DATA_DIR: dataDir,
    ASSAY_DATABASE_URL: login.href,
    ...settings,
  });
  await untilAnswers(`${url}/api/2.0/mlflow/experiments/get?experiment_id=0`, child);
  return {
    name,
    title,
    url,
    pid: child.pid,
    database: name,
    freshConnectionAtOne: false,
    coldStartMs: performance.now() - began,
    stop: () => child.stop(),
  };
}
