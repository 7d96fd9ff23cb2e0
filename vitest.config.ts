import { defineConfig } from 'vitest/config';

const conditions = ['@assay/source', 'module', 'node', 'development|production'];
const resolve = { conditions };
// Test files lie outside the build's tsconfig files, so the decorator options are given here as well.
const oxc = { decorator: { legacy: true, emitDecoratorMetadata: true } };
const ssr = { resolve: { conditions, externalConditions: ['@assay/source'] } };
// Limits are there to end what hangs; none is a bar that a slow or busy machine has to reach.
const patience = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 60_000 } } };
const databases = { globalSetup: ['libs/testing/src/vitest/postgres.setup.ts'], ...patience };

// One at a time: each of these boots whole platforms and real clients, and has two cores.
const alone = { maxWorkers: 1, fileParallelism: false };

export default defineConfig({
  resolve,
  ssr,
  oxc,
  test: {
    projects: [
      {
        resolve,
        ssr,
        oxc,
        test: {
          name: 'unit',
          ...patience,
          include: [
            '{libs,apps}/*/src/**/*.test.ts',
            'migrations/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'tests/load/{checks,judge,window}.test.ts',
          ],
          exclude: ['**/*.int.test.ts'],
        },
      },
      {
        resolve,
        ssr,
        oxc,
        test: {
          name: 'int',
          include: ['{libs,apps}/*/src/**/*.int.test.ts', 'migrations/src/**/*.int.test.ts'],
          ...databases,
        },
      },
      {
        resolve,
        ssr,
        oxc,
        test: {
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          ...databases,
          ...alone,
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        resolve,
        ssr,
        oxc,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts', 'tests/load/bench.test.ts'],
          ...databases,
          ...alone,
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        resolve,
        ssr,
        oxc,
        test: {
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          ...patience,
          ...alone,
          testTimeout: 3_000_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
