import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, freePort, startChild, untilAnswers } from '../machine/child.js';
import { pythonEnvironment } from './python-environment.js';
import type { Server, Starter } from './server.js';

const version = '3.17.2';
const database = 'mlflow';

/** `mlflow server` with its default uvicorn workers, artifacts through the server into local files; telemetry and the job runner are off. */
export const mlflow: Starter = {
  name: 'mlflow',
  title: `MLflow ${version}`,
  async prepare(place, note) {
    await binaries(note);
    await place.postgres.create(database);
    note('MLflow makes its tables');
    const server = await mlflow.start(place);
    await server.stop();
  },
  async start({ postgres, folder }): Promise<Server> {
    const bin = await binaries(() => undefined);
    const port = await freePort();
    const artifacts = join(folder, 'mlflow');
    mkdirSync(artifacts, { recursive: true });
    const url = `http://127.0.0.1:${port}`;
    const began = performance.now();
    const child: Child = startChild(
      'MLflow',
      join(bin, 'mlflow'),
      ['server', '--host', '127.0.0.1', '--port', String(port), '--artifacts-destination', artifacts].concat([
        '--backend-store-uri',
        postgres.url(database).replace(/^postgres:/, 'postgresql+psycopg2:'),
      ]),
      {
        PATH: `${bin}:${process.env.PATH ?? ''}`,
        MLFLOW_DISABLE_TELEMETRY: 'true',
        DO_NOT_TRACK: 'true',
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      },
    );
    await untilAnswers(`${url}/api/2.0/mlflow/experiments/get?experiment_id=0`, child);
    return {
      name: 'mlflow',
      title: mlflow.title,
      url,
      pid: child.pid,
      database,
      freshConnectionAtOne: true,
      coldStartMs: performance.now() - began,
      stop: () => child.stop(),
    };
  },
};

function binaries(note: (text: string) => void): Promise<string> {
  return pythonEnvironment(`mlflow-${version}`, [`mlflow==${version}`, 'psycopg2-binary==2.9.13'], note);
}
