import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStory } from './mlflow-client/run-story.js';
import { registryServer } from './registry-server.js';

const python = process.env.ASSAY_TEST_PYTHON;
const steps = [
  'experiments',
  'runs',
  'search',
  'artifacts',
  'inputs',
  'log_model',
  'aliases',
  'sealing',
  'autolog',
  'logged_models',
  'background',
];

/** The MLflow client from PyPI, unmodified, against the registry service: `mlflow-client/story.py` holds the assertions. */
describe.skipIf(!python)('the MLflow client (needs Python mlflow)', () => {
  const server = registryServer(testDatabase());
  const home = mkdtempSync(join(tmpdir(), 'assay-mlflow-client-'));
  let output = '';

  beforeAll(async () => {
    output = await runStory(python ?? '', 'story.py', server.url, home);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each(steps)('%s', (step) => {
    expect(output.split('\n'), output).toContain(`ok ${step}`);
  });
});
