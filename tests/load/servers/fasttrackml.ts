import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startChild, untilAnswers } from '../machine/child.js';
import { pythonEnvironment } from './python-environment.js';
import type { Place, Server, Starter } from './server.js';

const version = '0.6.0';
const database = 'fasttrackml';

/** FastTrackML's own binary, with a pool of 20 connections. It has no model registry and takes no artifacts. */
export const fasttrackml: Starter = {
  name: 'fasttrackml',
  title: `FastTrackML ${version}`,
  async prepare(place: Place, note) {
    await binaries(note);
    await place.postgres.create(database);
    const server = await fasttrackml.start(place);
    await server.stop();
  },
  async start({ postgres, folder }): Promise<Server> {
    const bin = await binaries(() => undefined);
    const port = await freePort();
    const artifacts = join(folder, 'fasttrackml');
    mkdirSync(artifacts, { recursive: true });
    const url = `http://127.0.0.1:${port}`;
    const began = performance.now();
    const child = startChild(
      'FastTrackML',
      join(bin, 'fml'),
      ['server', '--listen-address', `127.0.0.1:${port}`, '--log-level', 'error', '--database-pool-max', '20'].concat([
        '--database-uri',
        postgres.url(database),
        '--default-artifact-root',
        artifacts,
      ]),
      {},
    );
    await untilAnswers(`${url}/api/2.0/mlflow/experiments/get?experiment_id=0`, child);
    return {
      name: 'fasttrackml',
      title: fasttrackml.title,
      url,
      pid: child.pid,
      database,
      freshConnectionAtOne: false,
      coldStartMs: performance.now() - began,
      stop: () => child.stop(),
    };
  },
};

function binaries(note: (text: string) => void): Promise<string> {
  return pythonEnvironment(`fasttrackml-${version}`, [`fasttrackml==${version}`], note);
}
