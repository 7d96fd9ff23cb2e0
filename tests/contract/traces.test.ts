import { join } from 'node:path';
import { describe } from 'vitest';
import { clientProgram } from './clients/client-program.js';

const python = process.env.ASSAY_TEST_PYTHON ?? '';

/** MLflow's tracing client and OpenTelemetry's SDK, both from PyPI and unmodified: `clients/python/traces.py` holds the assertions. */
describe.skipIf(!python)('tracing with the MLflow 3.17 client and OpenTelemetry (needs Python mlflow)', () => {
  clientProgram({
    command: [python, join(import.meta.dirname, 'clients', 'python', 'traces.py')],
    steps: [
      'traces',
      'files',
      'exceptions',
      'runs',
      'searches',
      'tags',
      'feedback',
      'expectations',
      'prompts',
      'deletions',
      'opentelemetry',
      'refused_exports',
    ],
  });
});
