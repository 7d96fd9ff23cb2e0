import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { clientProgram } from './client-program.js';

const jars = process.env.ASSAY_TEST_JAVA_CLIENT ?? '';
const python = process.env.ASSAY_TEST_PYTHON ?? '';
const story = join(import.meta.dirname, 'java', 'ClientStory.java');

// The newest Java client on Maven Central (`java/pom.xml`), unmodified. Java compiles the one file as it starts it.
const java = ['java', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), story] as const;

describe.skipIf(!jars)('the MLflow Java client (needs Java)', () => {
  clientProgram({
    command: java,
    steps: ['experiments', 'runs', 'batches', 'searches', 'context', 'registry', 'refusals'],
  });
});

describe.skipIf(!jars || !python)('artifacts with the MLflow Java client (needs Java)', () => {
  clientProgram({
    command: java,
    steps: ['experiments', 'runs', 'artifacts'],
    // It hands artifacts to the `mlflow` command of Python.
    environment: { PATH: `${dirname(python)}:${process.env.PATH ?? ''}`, MLFLOW_PYTHON_EXECUTABLE: python },
  });
});
