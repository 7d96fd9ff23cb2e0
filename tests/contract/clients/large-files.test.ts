import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { testDatabase } from '@assay/testing';
import { describe } from 'vitest';
import { registryServer } from '../registry-server.js';
import { clientProgram } from './client-program.js';

const python = process.env.ASSAY_TEST_PYTHON ?? '';
const store = process.env.ASSAY_TEST_S3_URL ?? '';
const script = [python, join(import.meta.dirname, 'python', 'large_files.py')] as const;
// The client cuts files of 500 MB and more; here it is told to begin at 12 MiB, with the smallest parts that S3 takes.
const mebibyte = 1024 * 1024;
const small = {
  MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: String(12 * mebibyte),
  MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: String(5 * mebibyte),
  MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE: String(12 * mebibyte),
  MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE: String(5 * mebibyte),
};

describe.skipIf(!python)('large files of the MLflow 3.17 client (needs Python mlflow)', () => {
  describe('through a server with a store of its own', () => {
    clientProgram({ command: script, steps: ['whole'], environment: small });
  });

  describe.skipIf(!store)('in parts, to an S3 store (needs MinIO)', () => {
    clientProgram({
      command: script,
      steps: ['in_parts', 'sealed'],
      environment: small,
      server: registryServer(testDatabase(), { ASSAY_ARTIFACTS_URL: `${store}/assay-test-${randomUUID()}` }),
    });
  });

  describe.skipIf(!store)('in ranges, from an S3 store that clients may read (needs MinIO)', () => {
    clientProgram({
      command: script,
      steps: ['in_parts', 'ranges'],
      environment: small,
      server: registryServer(testDatabase(), {
        ASSAY_ARTIFACTS_URL: `${store}/assay-test-${randomUUID()}`,
        ASSAY_ARTIFACTS_PRESIGNED_DOWNLOADS: '1',
      }),
    });
  });
});
