import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStory } from './mlflow-client/run-story.js';
import { registryServer } from './registry-server.js';

const python = process.env.ASSAY_TEST_PYTHON;
const steps = [
  'models',
  'versions',
  'stages',
  'downloads',
  'copies',
  'searches',
  'prompts',
  'deletions',
  'local_sources',
];

/** The registry calls of the MLflow client from PyPI, unmodified: `mlflow-client/registry_story.py` holds the assertions. */
describe.skipIf(!python)('the MLflow client’s model registry (needs Python mlflow)', () => {
  const server = registryServer(testDatabase());
  const home = mkdtempSync(join(tmpdir(), 'assay-mlflow-registry-'));
  let output = '';

  beforeAll(async () => {
    output = await runStory(python ?? '', 'registry_story.py', server.url, home);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each(steps)('%s', (step) => {
    expect(output.split('\n'), output).toContain(`ok ${step}`);
  });
});
