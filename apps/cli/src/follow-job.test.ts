import type { Job } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { aCommandLine, type Responder } from './command-line.builder.js';

const spec = {
  recipe: 'tabular',
  version: 1,
  inputs: { dataset: { name: 'd', version: 1 } },
  params: {
    experiment: 'e',
    modelName: 'model',
    target: 't',
    positive: '1',
    exclude: [],
    categorical: [],
    validationFraction: 0.2,
    hidden: [16],
    l2: 0,
    learningRate: 0.1,
    batchSize: 32,
    epochs: 10,
    patience: 10,
    seed: 1,
  },
};

function aJob(changes: object): Record<string, unknown> {
  return {
    id: 'job-1',
    recipe: 'tabular',
    spec,
    specDigest: 'a'.repeat(64),
    seed: 1,
    queue: 'default',
    priority: 0,
    state: 'queued',
    waiting: null,
    createdAt: '2024-05-01T00:00:00.000Z',
    createdBy: 'p1',
    startedAt: null,
    endedAt: null,
    epoch: 0,
    maxAttempts: 3,
    attempts: [],
    runId: null,
    progress: null,
    dataRead: [],
    result: null,
    error: null,
    trigger: null,
    ...changes,
  };
}

/** A server whose job goes through these states, one per look, and whose log has these lines. */
function serverWith(states: object[], lines: string[] = []): Responder {
  let looks = 0;
  return ({ method, path }) => {
    if (path.includes('/logs')) {
      const after = Number(new URL(path, 'http://x').searchParams.get('after'));
      const shown = lines.slice(after).map((text, index) => ({
        position: after + index + 1,
        epoch: 1,
        at: '2024-05-01T00:00:00.000Z',
        level: 'warn',
        text,
      }));
      return { json: { lines: shown, next: lines.length, ended: looks >= states.length } };
    }
    if (method === 'POST') return { status: 201, json: aJob({}) };
    looks += 1;
    return { json: aJob(states[Math.min(looks, states.length) - 1] ?? {}) };
  };
}

const running = (done: number): Partial<Job> => ({ state: 'running', progress: { stage: 'epoch', done, total: 10 } });
const argv = ['run', 'tabular', '--dataset', 'd:1', '--experiment', 'e', '-p', 'target=t', '-p', 'positive=yes'];

describe('assay run', () => {
  it('follows the job to its end, telling progress and each log line once on standard error', async () => {
    const line = aCommandLine(
      serverWith(
        [
          { waiting: 'One job is before it.' },
          running(1),
          running(5),
          { state: 'succeeded', result: { modelVersion: '1' } },
        ],
        ['a warning'],
      ),
    );
    const { code, out, err } = await line.run(...argv);
    expect(code).toBe(0);
    expect(err).toContain('One job is before it.');
    expect(err).toContain('epoch 5/10');
    expect(err.match(/a warning/g)).toHaveLength(1);
    expect(out).toContain('modelVersion  1');
  });

  it('ends with the code for "no" when the job failed', async () => {
    const { code, err } = await aCommandLine(serverWith([{ state: 'failed', error: 'no column t' }])).run(...argv);
    expect(code).toBe(6);
    expect(err).toContain('The job failed: no column t. See "assay jobs logs job-1".');
  });

  it('prints only the id with --no-wait', async () => {
    expect(await aCommandLine(serverWith([])).run(...argv, '--no-wait')).toMatchObject({ code: 0, out: 'job-1\n' });
  });

  it('sends the recipe with every default filled in', async () => {
    const line = aCommandLine(serverWith([{ state: 'succeeded' }]));
    await line.run(...argv);
    expect(JSON.parse(line.sent[0]?.body ?? '')).toMatchObject({ recipe: 'tabular', params: { epochs: 40, seed: 1 } });
  });
});

describe('assay jobs logs', () => {
  it('prints the lines in order', async () => {
    const { out } = await aCommandLine(serverWith([], ['one', 'two'])).run('jobs', 'logs', 'job-1');
    expect(out).toBe('2024-05-01T00:00:00.000Z warn: one\n2024-05-01T00:00:00.000Z warn: two\n');
  });
});
