// What `npm run <command>` starts, once the checkout is set up. Paths are relative to the root; all of it runs on Node 24.
const vitest = 'node_modules/vitest/vitest.mjs';
const tsc = 'node_modules/typescript/bin/tsc';

/**
 * build: compile first. tensorflow: make the native binding known. run: argument lists for Node, all started together and ended together.
 * needs: a file without which there is nothing to start.
 */
export const COMMANDS = {
  start: { build: true, tensorflow: true, run: [['--enable-source-maps', 'apps/assay/dist/main.js']] },
  demo: { build: true, tensorflow: true, run: [['--enable-source-maps', 'apps/cli/dist/demo/main.js']] },
  test: { build: true, tensorflow: true, run: [['tools/test.mjs']] },
  // The long runs of what `npm test` does small.
  'test:faults': {
    build: true,
    tensorflow: true,
    // One file after the other: each wants the whole machine.
    run: [
      [
        vitest,
        'run',
        '--no-file-parallelism',
        '--project',
        'faults',
        '--project',
        'contract',
        'tests/faults',
        'tests/contract/fuzz',
      ],
    ],
    environment: { ASSAY_TEST_KILLS: '50', ASSAY_TEST_FUZZ_SECONDS: '1800' },
  },
  bench: { build: true, run: [['--enable-source-maps', 'tests/load/dist/main.js']] },
  dev: {
    build: true,
    tensorflow: true,
    run: [
      [tsc, '-b', '-w', '--preserveWatchOutput'],
      ['--watch', '--watch-preserve-output', '--enable-source-maps', 'apps/assay/dist/main.js'],
    ],
  },
  check: { run: [['tools/check.mjs']] },
  gen: { build: true, run: [['tools/gen.mjs']] },
  format: { run: [['tools/format.mjs']] },
  build: { build: true, run: [] },
  'setup:tensorflow': { run: [['tools/native-tensorflow.mjs']] },
};

export const BUILD = [tsc, '-b'];
