import { join } from 'node:path';
import { describe } from 'vitest';
import { clientProgram } from './client-program.js';

const python = process.env.ASSAY_TEST_PYTHON ?? '';
const earlierPython = process.env.ASSAY_TEST_PYTHON_2 ?? '';
const script = (name: string): readonly [string, string] => [python, join(import.meta.dirname, 'python', name)];

// The MLflow client of this version's server from PyPI, unmodified. The scripts hold the assertions.

describe.skipIf(!python)('the MLflow 3.17 client (needs Python mlflow)', () => {
  clientProgram({
    command: script('tracking.py'),
    steps: [
      'experiments',
      'runs',
      'search',
      'artifacts',
      'inputs',
      'log_model',
      'aliases',
      'sealing',
      'logged_models',
      'background',
    ],
  });
});

describe.skipIf(!python)('logging with the MLflow 3.17 client (needs Python mlflow)', () => {
  clientProgram({
    command: script('logging_calls.py'),
    steps: [
      'fluent_files',
      'tables',
      'nested_runs',
      'batches',
      'histories',
      'paging',
      'datasets',
      'downloads',
      'background_batches',
      'lifecycle',
      'edges',
    ],
  });
});

describe.skipIf(!python)('the MLflow 3.17 client’s model registry (needs Python mlflow)', () => {
  clientProgram({
    command: script('registry.py'),
    steps: [
      'models',
      'versions',
      'stages',
      'downloads',
      'copies',
      'searches',
      'prompts',
      'prompt_chat',
      'pyfunc_models',
      'run_sources',
      'deletions',
      'local_sources',
    ],
  });
});

describe.skipIf(!python)('autologging with the MLflow 3.17 client (needs Python mlflow)', () => {
  clientProgram({
    command: script('autologging.py'),
    steps: ['scikit_learn', 'grid_search', 'lightgbm_booster', 'keras_network'],
    environment: { KERAS_BACKEND: 'jax', JAX_PLATFORMS: 'cpu', TF_CPP_MIN_LOG_LEVEL: '3' },
  });
});

describe.skipIf(!earlierPython)('the MLflow 2.22 client (needs Python mlflow 2)', () => {
  clientProgram({
    command: [earlierPython, join(import.meta.dirname, 'python', 'version_2.py')],
    steps: ['tracking', 'background', 'artifacts', 'inputs', 'models', 'autologging', 'older_spellings'],
  });
});
