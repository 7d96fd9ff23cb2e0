import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/api-client.js';
import { JobRun } from '../api/job-run.js';
import type { RecipeContext } from '../recipe.js';
import { pinnedVersion } from './score.recipe.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('the version that a scoring job uses', () => {
  it('is what the pointer held at first, also for a later attempt after the pointer has moved', async () => {
    const platform = await platformWith({ held: '3' });
    const first = await attempt(platform.url, 1);
    expect(await pinnedVersion(first.context, first.run, pointer)).toEqual({ name: 'credit', version: '3' });
    platform.held = '4';
    const second = await attempt(platform.url, 2);
    expect(await pinnedVersion(second.context, second.run, pointer)).toEqual({ name: 'credit', version: '3' });
  });
});

const pointer = { name: 'credit', alias: 'champion' };

async function attempt(baseUrl: string, epoch: number) {
  const { signal } = new AbortController();
  const ignore = () => undefined;
  const context: RecipeContext = {
    api: new ApiClient({ baseUrl, token: () => 't', signal, retryForMs: 0 }),
    jobId: 'j',
    epoch,
    runId: 'r',
    signal,
    now: () => new Date(0),
    tensorFlow: () => Promise.reject(new Error('nothing is computed here')),
    bindRun: () => Promise.resolve(),
    progress: ignore,
    log: ignore,
    dataRead: ignore,
  };
  return { context, run: await JobRun.open(context, 'e', undefined, 'score') };
}

/** One run and one pointer, over the routes that are called. */
async function platformWith(state: { held: string }) {
  const tags: { key: string; value: string }[] = [];
  const info = { run_id: 'r', experiment_id: '1', artifact_uri: 'mlflow-artifacts:/1/r/artifacts' };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      if (path.includes('/runs/log-batch')) tags.push(...JSON.parse(body).tags);
      const answers: Record<string, unknown> = {
        'experiments/get-by-name': { experiment: { experiment_id: '1' } },
        'runs/get': { run: { info, data: { tags } } },
        'registered-models/alias': { model_version: { version: platform.held } },
      };
      const known = Object.keys(answers).find((route) => path.includes(route));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(known === undefined ? {} : answers[known]));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const platform = {
    ...state,
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
  };
  return platform;
}
